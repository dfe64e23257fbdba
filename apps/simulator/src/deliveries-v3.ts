import type { Delivery, OutgoingEvent, Target } from './delivery';
import { signedHeaders } from './signature';
import type { Subscription } from './types';
import { instantInWebhook } from './wire';
import type { World } from './world';

const TIMEOUT_MS = 10_000;
const LINE_EVENTS = new Set(['phone_number.status_updated', 'chat.created']);

/** The deliveries of an event to the subscriptions of V3. */
export function deliveriesOfV3(world: World, event: OutgoingEvent): Delivery[] {
  const { chance, config, subscriptions } = world;
  const eventId = chance.uuid();
  const odd = chance.next() < config.nanosecondRate;
  return [...subscriptions.values()].flatMap((subscription) => {
    if (!wants(world, subscription, event)) return [];
    const id = config.eventIds === 'shared' ? eventId : chance.uuid();
    return [deliveryOf(world, subscription, event, id, odd)];
  });
}

/** Where a delivery goes; null when there is no such subscription of V3 any more. */
export function targetOfV3(world: World, delivery: Delivery, now: number): Target | null {
  const subscription = world.subscriptions.get(delivery.subscriptionId);
  if (!subscription) return null;
  const { config } = world;
  const headers = signedHeaders({
    webhookId: config.webhookId === 'event' ? delivery.eventId : delivery.id,
    eventType: delivery.eventType,
    subscriptionId: subscription.id,
    secret: subscription.secret,
    legacyKey: config.legacyKey,
    timestamp: config.retryTimestamp === 'fresh' ? now : (delivery.firstAt ?? now),
    body: delivery.body,
  });
  return { url: subscription.target_url, headers, timeoutMs: TIMEOUT_MS, retried: true };
}

function deliveryOf(
  world: World,
  subscription: Subscription,
  event: OutgoingEvent,
  eventId: string,
  odd: boolean,
): Delivery {
  const version = versionOf(subscription);
  return {
    id: world.chance.uuid(),
    subscriptionId: subscription.id,
    eventId,
    eventType: event.type,
    orderKey: `${subscription.id} ${event.orderKey}`,
    attempts: 0,
    firstAt: null,
    body: JSON.stringify({
      api_version: 'v3',
      webhook_version: version,
      event_type: event.type,
      event_id: eventId,
      created_at: instantInWebhook(world.clock.now(), odd),
      trace_id: event.traceId,
      partner_id: world.partnerId,
      data: event.data(version, odd),
    }),
  };
}

function wants(world: World, subscription: Subscription, { type, line }: OutgoingEvent): boolean {
  if (!subscription.is_active || !subscription.subscribed_events.includes(type)) return false;
  // Edits came with the newer version.
  if (type === 'message.edited' && versionOf(subscription) === '2025-01-01') return false;
  if (LINE_EVENTS.has(type) && world.config.lineEventsFilter === 'always') return true;
  const { phone_numbers: only } = subscription;
  return only === null || only.length === 0 || only.includes(line);
}

function versionOf(subscription: Subscription): string {
  const version = new URL(subscription.target_url).searchParams.get('version');
  return version === '2025-01-01' ? version : '2026-02-03';
}
