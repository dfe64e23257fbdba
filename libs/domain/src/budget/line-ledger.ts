import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../kernel/time';
import { fallsTo, HourBuckets } from './hour-buckets';
import { Recent } from './recent';
import type { LineHistory, LineNews, OpenHold, ReserveLimits, ReserveReason } from './types';

export interface HoldRequest {
  readonly id: string;
  /** The person; pair and loop limits count by it. */
  readonly recipient: string;
  readonly units: number;
  readonly now: EpochMs;
}

export type HoldAnswer =
  | {
      readonly kind: 'held';
      readonly expiresAt: EpochMs;
      /** The line is at or beyond its cap and only the reply's right to be answered let it through. */
      readonly overrun: boolean;
      readonly usedLast24h: number;
    }
  | { readonly kind: 'deferred'; readonly reason: ReserveReason; readonly retryAt: EpochMs };

export interface LineUse {
  readonly in24h: number;
  readonly out24h: number;
  readonly open: number;
  readonly newConversations24h: number;
  readonly newConversationsHour: number;
}

interface Hold {
  readonly answer: Extract<HoldAnswer, { kind: 'held' }>;
  readonly recipient: string;
  readonly at: EpochMs;
  readonly bursts: boolean;
  readonly newConversation: boolean;
  /** Messages still without news. */
  left: number;
  /** Whether any of its messages was seen: then its thread has begun. */
  seen: boolean;
}

/** The mark of one message of a hold. */
const markOf = (id: string, i: number): string => `${id}#${i}`;

/** A refused hold is worth another try no sooner than this. */
const RETRY_FLOOR_MS = 1_000;

/**
 * The count of one line: what it carried in the rolling 24 hours, what is held, and the shapes a message must
 * fit. Mutable and without a clock; every method is one indivisible step.
 */
export class LineLedger {
  private readonly inbound = new HourBuckets();
  private readonly outbound = new HourBuckets();
  private readonly nonReplies = new Recent(MINUTE_MS);
  private readonly newConversations = new Recent(DAY_MS);
  private readonly toPerson = new Map<string, Recent>();
  private readonly holds = new Map<string, Hold>();

  /** Takes a hold of `units`, or says what stands against it and until when. The same id gets the same answer. */
  reserve(request: HoldRequest, limits: ReserveLimits, todayCap: number): HoldAnswer {
    const { now, units } = request;
    this.expire(now);
    const earlier = this.holds.get(request.id);
    if (earlier) return earlier.answer;
    const used = this.used(now);
    const refusal = this.refusal(request, limits, used);
    if (refusal) return refusal;
    const answer = {
      kind: 'held',
      expiresAt: now + limits.holdMs,
      overrun: limits.ceiling === null && used + units > todayCap,
      usedLast24h: used,
    } as const;
    this.keep({
      id: request.id,
      answer,
      recipient: request.recipient,
      at: now,
      bursts: limits.minuteCap !== null,
      newConversation: limits.newConversation,
      left: units,
      seen: false,
    });
    return answer;
  }

  private refusal(
    { recipient, units, now }: HoldRequest,
    limits: ReserveLimits,
    used: number,
  ): HoldAnswer | null {
    const deferred = (reason: ReserveReason, retryAt: EpochMs): HoldAnswer => ({
      kind: 'deferred',
      reason,
      retryAt: Math.max(retryAt, now + RETRY_FLOOR_MS),
    });
    const person = this.person(recipient);
    const pairAt = person.roomAt(now, limits.pairPer60s, units, MINUTE_MS);
    if (pairAt > now) return deferred('pair-limit', pairAt);
    const loopAt = person.roomAt(now, limits.loopPerHour, units, HOUR_MS);
    if (loopAt > now) return deferred('loop', loopAt);
    if (limits.ceiling !== null && used + units > limits.ceiling) {
      const room = limits.ceiling - units - this.openUnits();
      return deferred('budget-ceiling', fallsTo([this.inbound, this.outbound], room, now));
    }
    const hourUse = this.inbound.current(now) + this.outbound.current(now) + this.openUnits();
    if (limits.hourCap !== null && hourUse + units > limits.hourCap) {
      return deferred('hour-shape', (Math.floor(now / HOUR_MS) + 1) * HOUR_MS);
    }
    if (limits.minuteCap !== null) {
      const minuteAt = this.nonReplies.roomAt(now, limits.minuteCap, units);
      if (minuteAt > now) return deferred('minute-shape', minuteAt);
    }
    if (limits.newConversation) {
      const hourAt = this.newConversations.roomAt(now, limits.newConversationsPerHour, 1, HOUR_MS);
      if (hourAt > now) return deferred('new-conversations-hour', hourAt);
      const dayAt = this.newConversations.roomAt(now, limits.newConversationsPer24h, 1);
      if (dayAt > now) return deferred('new-conversations-day', dayAt);
    }
    // A reply is never made to wait for other people's open holds.
    if (limits.minuteCap !== null && this.holds.size >= limits.maxOpenHolds) {
      return deferred('open-holds', this.firstExpiry(now));
    }
    return null;
  }

  /** The messages of the hold without news were not accepted: what they took goes back. */
  release(id: string, now: EpochMs): void {
    this.expire(now);
    const hold = this.holds.get(id);
    if (!hold) return;
    this.holds.delete(id);
    for (let i = 0; i < hold.left; i += 1) {
      this.nonReplies.remove(markOf(id, i));
      this.person(hold.recipient).remove(markOf(id, i));
    }
    if (hold.newConversation && !hold.seen) this.newConversations.remove(id);
  }

  /** Takes in what the books have come to, unconditionally, whatever the limits say. Idempotent; the order is free. */
  record(news: LineNews, now: EpochMs): void {
    for (const { hour, ...totals } of news.hours) {
      this.inbound.raise(hour, totals.in, now);
      this.outbound.raise(hour, totals.out, now);
    }
    for (const { id, recipient, at } of news.messages) this.person(recipient).add(id, at);
    for (const { id, at } of news.threads) this.newConversations.add(id, at);
    for (const { id, left } of news.holds) this.shrink(id, left);
  }

  /** Takes in all that the books know of the line: after a restart, on an empty ledger. */
  load(history: LineHistory, now: EpochMs): void {
    this.record({ ...history, holds: [] }, now);
    for (const { id, at, units } of history.nonReplies) {
      for (let i = 0; i < units; i += 1) this.nonReplies.add(markOf(id, i), at);
    }
    for (const hold of history.holds) this.restore(hold, now);
  }

  /** The holds taken after `since`: they may not stand in the books yet. */
  takenAfter(since: EpochMs): OpenHold[] {
    return [...this.holds]
      .filter(([, { at }]) => at > since)
      .map(([id, { answer, seen, ...hold }]) => ({
        id,
        ...hold,
        newConversation: hold.newConversation && !seen,
        expiresAt: answer.expiresAt,
      }));
  }

  /** Puts a hold back without asking the limits again. One that is there already stays as it is. */
  restore(hold: OpenHold, now: EpochMs): void {
    if (this.holds.has(hold.id)) return;
    const { id, recipient, at, expiresAt, bursts, newConversation, left } = hold;
    this.keep({
      id,
      answer: { kind: 'held', expiresAt, overrun: false, usedLast24h: this.used(now) },
      recipient,
      at,
      bursts,
      newConversation,
      left,
      seen: false,
    });
  }

  isHeld(id: string): boolean {
    return this.holds.has(id);
  }

  usage(now: EpochMs): LineUse {
    this.expire(now);
    return {
      in24h: this.inbound.sum(now),
      out24h: this.outbound.sum(now),
      open: this.openUnits(),
      newConversations24h: this.newConversations.count(now),
      newConversationsHour: this.newConversations.count(now, HOUR_MS),
    };
  }

  private keep({ id, ...hold }: Hold & { readonly id: string }): void {
    this.holds.set(id, hold);
    for (let i = 0; i < hold.left; i += 1) {
      if (hold.bursts) this.nonReplies.add(markOf(id, i), hold.at);
      this.person(hold.recipient).add(markOf(id, i), hold.at);
    }
    if (hold.newConversation) this.newConversations.add(id, hold.at);
  }

  /** Messages of the hold were seen; only `left` are still without news. */
  private shrink(id: string, left: number): void {
    const hold = this.holds.get(id);
    if (!hold) return;
    hold.seen = true;
    hold.left = Math.min(hold.left, left);
    if (hold.left <= 0) this.holds.delete(id);
  }

  private used(now: EpochMs): number {
    return this.inbound.sum(now) + this.outbound.sum(now) + this.openUnits();
  }

  private openUnits(): number {
    let units = 0;
    for (const hold of this.holds.values()) units += hold.left;
    return units;
  }

  private firstExpiry(now: EpochMs): EpochMs {
    let first = now + MINUTE_MS;
    for (const { answer } of this.holds.values()) first = Math.min(first, answer.expiresAt);
    return first;
  }

  /**
   * Lets go of holds without news. What they marked in the windows stays: the message may have left, and its event
   * may still come.
   */
  private expire(now: EpochMs): void {
    for (const [id, hold] of this.holds) {
      if (hold.answer.expiresAt <= now) this.holds.delete(id);
    }
    if (this.toPerson.size > MAX_PEOPLE_WINDOWS) {
      for (const [person, recent] of this.toPerson) {
        if (recent.isEmpty(now)) this.toPerson.delete(person);
      }
    }
  }

  private person(recipient: string): Recent {
    let recent = this.toPerson.get(recipient);
    if (!recent) {
      recent = new Recent(HOUR_MS);
      this.toPerson.set(recipient, recent);
    }
    return recent;
  }
}

/** Above so many windows the empty ones are swept: a line talks to some hundred people in an hour. */
const MAX_PEOPLE_WINDOWS = 1_000;
