import { createHmac } from 'node:crypto';
import type { Delivery, OutgoingEvent, Target } from '../delivery';
import { withOffset } from './instants';
import { eventOnV2 } from './wire-events';
import type { V2Subscription } from './state';
import type { World } from '../world';

/** The help pages say 15 seconds, the reference 10; the longer one is the more patient provider (choice). */
const TIMEOUT_MS = 15_000;
const PREFIX = 'v2:';

/** The deliveries of an event to the subscriptions of V2; none for what V2 does not tell. */
export function deliveriesOfV2(world: World, event: OutgoingEvent): Delivery[] {
  const told = event.about ? eventOnV2(world, event.type, event.about) : null;
  if (!told || !event.about) return [];
  const { chance, config, v2 } = world;
  const sharedId = chance.uuid();
  return [...v2.subscriptions.values()].flatMap((subscription) => {
    if (!subscription.active || !subscription.events.includes(told.type)) return [];
    const eventId = config.eventIds === 'shared' ? sharedId : chance.uuid();
    return [
      {
        id: chance.uuid(),
        subscriptionId: `${PREFIX}${subscription.id}`,
        eventId,
        eventType: told.type,
        orderKey: `${PREFIX}${subscription.id} ${event.orderKey}`,
        attempts: 0,
        firstAt: null,
        body: bodyOf(world, eventId, told),
      },
    ];
  });
}

export function isOfV2({ subscriptionId }: Delivery): boolean {
  return subscriptionId.startsWith(PREFIX);
}

/** Where a delivery goes, once and never again; null when its subscription is gone. */
export function targetOfV2(world: World, delivery: Delivery): Target | null {
  const subscription = subscriptionOf(world, delivery);
  if (!subscription) return null;
  return {
    url: subscription.webhook_url,
    headers: {
      'content-type': 'application/json',
      ...(subscription.secret === null ? {} : signature(subscription.secret, delivery.body)),
    },
    timeoutMs: TIMEOUT_MS,
    retried: false,
  };
}

/** Notes in a subscription of V2 that it was tried. */
export function noteAttempt(world: World, delivery: Delivery, delivered: boolean): void {
  const subscription = subscriptionOf(world, delivery);
  if (!subscription) return;
  subscription.deliveryAttempts += 1;
  if (delivered) subscription.lastDeliveredAt = world.clock.now();
  world.changes += 1;
}

function subscriptionOf(world: World, delivery: Delivery): V2Subscription | undefined {
  if (!isOfV2(delivery)) return undefined;
  return world.v2.subscriptions.get(Number(delivery.subscriptionId.slice(PREFIX.length)));
}

function bodyOf(
  world: World,
  eventId: string,
  told: { readonly type: string; readonly data: object },
): string {
  return canonical({
    api_version: 'v2',
    created_at: withOffset(world.clock.now()),
    data: told.data,
    event_id: eventId,
    event_type: told.type,
  });
}

/** No timestamp is signed: whoever has caught a delivery may send it again. */
function signature(secret: string, body: string): Record<string, string> {
  const hex = createHmac('sha256', secret).update(body).digest('hex');
  return { 'x-webhook-signature': `sha256=${hex}` };
}

/** JSON with the keys of every object in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
