import { deliveriesOfV3, targetOfV3 } from './deliveries-v3';
import type { Delivery, OutgoingEvent, Target } from './delivery';
import { post } from './post';
import { deliveriesOfV2, isOfV2, noteAttempt, targetOfV2 } from './v2/deliveries';
import type { World } from './world';

const MAX_IN_FLIGHT = 32;

/** Sends events to the subscriptions of a line's version: V3 with retries on the virtual clock, V2 once and for all. */
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
    const { world } = this;
    const onV2 = world.v2.lines.has(event.line);
    const deliveries = onV2 ? deliveriesOfV2(world, event) : deliveriesOfV3(world, event);
    for (const delivery of deliveries) this.sendOut(delivery, event);
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

  retry(deliveryId: string): void {
    const delivery = this.waiting.get(deliveryId);
    if (!delivery) return;
    this.waiting.delete(deliveryId);
    this.dispatch(delivery);
  }

  /** Resolves once no delivery is under way. Those that wait for a retry are not. */
  /** How many deliveries have had an answer, or none in time, so far. */
  get heard(): number {
    return this.delivered + this.failed;
  }

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
      // V2 never tries twice: whatever the earlier process heard, that was it.
      if (isOfV2(delivery) && delivery.attempts > 0) continue;
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
    await this.slot();
    const target = this.targetOf(delivery);
    if (target) {
      delivery.attempts += 1;
      const status = await post(target.url, target.headers, delivery.body, target.timeoutMs);
      this.judge(delivery, status, target);
    }
    this.inFlight -= 1;
    this.queue.shift()?.();
  }

  /** Null when the subscription is gone. */
  private targetOf(delivery: Delivery): Target | null {
    if (isOfV2(delivery)) return targetOfV2(this.world, delivery);
    const now = Math.floor(this.world.clock.now() / 1_000);
    delivery.firstAt ??= now;
    return targetOfV3(this.world, delivery, now);
  }

  private judge(delivery: Delivery, status: number, { retried }: Target): void {
    const good = status >= 200 && status < 300;
    noteAttempt(this.world, delivery, good);
    if (good) {
      this.delivered += 1;
      return;
    }
    this.failed += 1;
    const again = status === 0 || status === 429 || status >= 500;
    const pause = this.world.config.retrySeconds[delivery.attempts - 1];
    if (retried && again && pause !== undefined) this.later(delivery, pause);
  }

  private async slot(): Promise<void> {
    while (this.inFlight >= MAX_IN_FLIGHT) {
      await new Promise<void>((resolve) => this.queue.push(resolve));
    }
    this.inFlight += 1;
  }
}
