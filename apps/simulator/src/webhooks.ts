import { post } from './post';
import { signedHeaders } from './signature';
import type { Subscription } from './types';
import { instantInWebhook } from './wire';
import type { World } from './world';

/** Ten tries over about 25 minutes, in seconds of the virtual clock (the exact schedule is not published). */
const RETRY_SECONDS = [1, 5, 15, 30, 60, 120, 240, 420, 600];
const MAX_IN_FLIGHT = 32;

interface Delivery {
  readonly id: string;
  readonly subscriptionId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly body: string;
  /** Deliveries of one key to one subscription go out one after the other. */
  readonly orderKey: string;
  attempts: number;
}

export interface OutgoingEvent {
  readonly type: string;
  readonly line: string;
  readonly orderKey: string;
  readonly traceId: string;
  /** The event's data for a payload version. */
  readonly data: (version: string, odd: boolean) => object;
}

/** Sends events to the subscriptions, signed, with retries on the virtual clock. */
export class Webhooks {
  private readonly waiting = new Map<string, Delivery>();
  private readonly underWay = new Map<string, Delivery>();
  private readonly chains = new Map<string, Promise<void>>();
  private readonly queue: (() => void)[] = [];
  private inFlight = 0;
  private idleListeners: (() => void)[] = [];
  delivered = 0;
  failed = 0;

  constructor(private readonly world: World) {}

  emit(event: OutgoingEvent): void {
    const { world } = this;
    const eventId = world.chance.uuid();
    const odd = world.chance.next() < 0.2;
    for (const subscription of world.subscriptions.values()) {
      if (!wants(subscription, event)) continue;
      if (world.faults.dropWebhooks > 0) {
        world.faults.dropWebhooks -= 1;
        continue;
      }
      const version = versionOf(subscription);
      const delivery: Delivery = {
        id: world.chance.uuid(),
        subscriptionId: subscription.id,
        eventId,
        eventType: event.type,
        orderKey: `${subscription.id} ${event.orderKey}`,
        attempts: 0,
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
      this.dispatch(delivery);
      if (world.faults.duplicateWebhooks > 0) {
        world.faults.duplicateWebhooks -= 1;
        this.dispatch({ ...delivery, id: world.chance.uuid() });
      }
    }
  }

  retry(deliveryId: string): void {
    const delivery = this.waiting.get(deliveryId);
    if (!delivery) return;
    this.waiting.delete(deliveryId);
    this.dispatch(delivery);
  }

  /** Resolves once no delivery is under way. Those that wait for a retry are not. */
  idle(): Promise<void> {
    if (this.underWay.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.idleListeners.push(resolve));
  }

  pending(): { inFlight: number; waitingForRetry: number } {
    return { inFlight: this.underWay.size, waitingForRetry: this.waiting.size };
  }

  /** Those that wait for a retry, and those whose answer is still out. */
  unfinished(): Delivery[] {
    return [...this.waiting.values(), ...this.underWay.values()];
  }

  /** Takes up what an earlier process left unfinished. What was under way then is tried again at once. */
  restore(deliveries: readonly Delivery[]): void {
    const { queue, clock } = this.world;
    const due = new Set(
      queue.all().flatMap((each) => (each.kind === 'retry' ? each.deliveryId : [])),
    );
    for (const delivery of deliveries) {
      this.waiting.set(delivery.id, delivery);
      if (due.has(delivery.id)) continue;
      queue.add({ kind: 'retry', deliveryId: delivery.id, at: clock.now() });
    }
  }

  private dispatch(delivery: Delivery): void {
    this.underWay.set(delivery.id, delivery);
    const before = this.chains.get(delivery.orderKey) ?? Promise.resolve();
    const chain = before.then(() => this.attempt(delivery));
    this.chains.set(delivery.orderKey, chain);
    void chain.then(() => {
      if (this.chains.get(delivery.orderKey) === chain) this.chains.delete(delivery.orderKey);
      this.underWay.delete(delivery.id);
      if (this.underWay.size > 0) return;
      for (const listener of this.idleListeners.splice(0)) listener();
    });
  }

  private async attempt(delivery: Delivery): Promise<void> {
    const subscription = this.world.subscriptions.get(delivery.subscriptionId);
    if (!subscription) return;
    delivery.attempts += 1;
    await this.slot();
    const status = await post(
      subscription.target_url,
      signedHeaders({
        eventId: delivery.eventId,
        eventType: delivery.eventType,
        subscriptionId: subscription.id,
        secret: subscription.secret,
        timestamp: Math.floor(this.world.clock.now() / 1_000),
        body: delivery.body,
      }),
      delivery.body,
    );
    this.inFlight -= 1;
    this.queue.shift()?.();
    this.judge(delivery, status);
  }

  private judge(delivery: Delivery, status: number): void {
    if (status >= 200 && status < 300) {
      this.delivered += 1;
      return;
    }
    this.failed += 1;
    const again = status === 0 || status === 429 || status >= 500;
    const pause = RETRY_SECONDS[delivery.attempts - 1];
    if (!again || pause === undefined) return;
    this.waiting.set(delivery.id, delivery);
    this.world.queue.add({
      kind: 'retry',
      deliveryId: delivery.id,
      at: this.world.clock.now() + pause * 1_000,
    });
    this.world.changes += 1;
  }

  private async slot(): Promise<void> {
    while (this.inFlight >= MAX_IN_FLIGHT) {
      await new Promise<void>((resolve) => this.queue.push(resolve));
    }
    this.inFlight += 1;
  }
}

function wants(subscription: Subscription, event: OutgoingEvent): boolean {
  if (!subscription.is_active || !subscription.subscribed_events.includes(event.type)) return false;
  const { phone_numbers: only } = subscription;
  return only === null || only.length === 0 || only.includes(event.line);
}

function versionOf(subscription: Subscription): string {
  const version = new URL(subscription.target_url).searchParams.get('version');
  return version === '2025-01-01' ? version : '2026-02-03';
}
