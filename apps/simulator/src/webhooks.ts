import { post } from './post';
import { signedHeaders } from './signature';
import type { Subscription } from './types';
import { instantInWebhook } from './wire';
import type { World } from './world';

const MAX_IN_FLIGHT = 32;
const LINE_EVENTS = new Set(['phone_number.status_updated', 'chat.created']);

interface Delivery {
  readonly id: string;
  readonly subscriptionId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly body: string;
  /** Deliveries of one key to one subscription go out one after the other. */
  readonly orderKey: string;
  attempts: number;
  /** Of the first attempt, in seconds. */
  firstAt: number | null;
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
  /** Held back until the next one of the same order key has gone out. */
  private readonly heldBack = new Map<string, string[]>();
  private readonly queue: (() => void)[] = [];
  private inFlight = 0;
  private idleListeners: (() => void)[] = [];
  delivered = 0;
  failed = 0;

  constructor(private readonly world: World) {}

  emit(event: OutgoingEvent): void {
    const { chance, config, subscriptions } = this.world;
    const eventId = chance.uuid();
    const odd = chance.next() < config.nanosecondRate;
    for (const subscription of subscriptions.values()) {
      if (!this.wants(subscription, event)) continue;
      const id = config.eventIds === 'shared' ? eventId : chance.uuid();
      this.sendOut(this.deliveryOf(subscription, event, id, odd), event);
    }
  }

  private deliveryOf(
    subscription: Subscription,
    event: OutgoingEvent,
    eventId: string,
    odd: boolean,
  ): Delivery {
    const { world } = this;
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

  /** At once, unless a fault loses it, doubles it or holds it back. */
  private sendOut(delivery: Delivery, { type, line }: OutgoingEvent): void {
    const { faults, chance } = this.world;
    const occasion = { line, event: type };
    if (faults.strike('lost-webhook', occasion)) return;
    const doubled = faults.strike('doubled-webhook', occasion);
    const late = faults.strike('late-webhook', occasion);
    const reordered = late ? null : faults.strike('reordered-webhook', occasion);
    if (late) this.later(delivery, late.seconds);
    else if (reordered) this.holdBack(delivery, reordered.withinSeconds);
    else this.dispatch(delivery);
    if (doubled) this.later({ ...delivery, id: chance.uuid() }, doubled.afterSeconds);
  }

  private later(delivery: Delivery, seconds: number): void {
    const { queue, clock } = this.world;
    this.waiting.set(delivery.id, delivery);
    queue.add({ kind: 'retry', deliveryId: delivery.id, at: clock.now() + seconds * 1_000 });
    this.world.changes += 1;
  }

  private holdBack(delivery: Delivery, withinSeconds: number): void {
    const held = this.heldBack.get(delivery.orderKey) ?? [];
    this.heldBack.set(delivery.orderKey, [...held, delivery.id]);
    this.later(delivery, withinSeconds);
  }

  private wants(subscription: Subscription, { type, line }: OutgoingEvent): boolean {
    if (!subscription.is_active || !subscription.subscribed_events.includes(type)) return false;
    // Edits came with the newer version.
    if (type === 'message.edited' && versionOf(subscription) === '2025-01-01') return false;
    if (LINE_EVENTS.has(type) && this.world.config.lineEventsFilter === 'always') return true;
    const { phone_numbers: only } = subscription;
    return only === null || only.length === 0 || only.includes(line);
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
    const overtaken = this.heldBack.get(delivery.orderKey) ?? [];
    this.heldBack.delete(delivery.orderKey);
    for (const id of overtaken) this.retry(id);
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
    const { config, clock } = this.world;
    delivery.attempts += 1;
    await this.slot();
    const now = Math.floor(clock.now() / 1_000);
    delivery.firstAt ??= now;
    const status = await post(
      subscription.target_url,
      signedHeaders({
        webhookId: config.webhookId === 'event' ? delivery.eventId : delivery.id,
        eventType: delivery.eventType,
        subscriptionId: subscription.id,
        secret: subscription.secret,
        legacyKey: config.legacyKey,
        timestamp: config.retryTimestamp === 'fresh' ? now : delivery.firstAt,
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
    const pause = this.world.config.retrySeconds[delivery.attempts - 1];
    if (again && pause !== undefined) this.later(delivery, pause);
  }

  private async slot(): Promise<void> {
    while (this.inFlight >= MAX_IN_FLIGHT) {
      await new Promise<void>((resolve) => this.queue.push(resolve));
    }
    this.inFlight += 1;
  }
}

function versionOf(subscription: Subscription): string {
  const version = new URL(subscription.target_url).searchParams.get('version');
  return version === '2025-01-01' ? version : '2026-02-03';
}
