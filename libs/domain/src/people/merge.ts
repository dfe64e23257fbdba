import type { UserRate } from '../forecast/user-rate';
import { DAY_MS, type EpochMs } from '../kernel/time';
import type { Wishes } from '../opt-out/wishes';
import type { ConversationCounters } from '../sends/turns';

/** What decides which of two places of one person in a pool stays. */
export interface MergingPlace {
  readonly state: 'reserved' | 'confirmed' | 'overflow' | 'needs-introduction' | 'released';
  readonly pinned: boolean;
  /** When person and line met; null while it is a mere reservation. */
  readonly confirmedAt: EpochMs | null;
  /** A message on the reservation is on its way. */
  readonly firstSendAt: EpochMs | null;
}

/**
 * Two users turn out to be one person: which of their places in a pool stays? A pinned one before one that is not;
 * then the one where person and line have met and that serves; then one that waits for an introduction; then a
 * reservation with a message on its way; then a mere reservation; last a mere reservation whose line is lost. Of equals the target's. Null when neither has one.
 */
export function survivingPlace(
  target: MergingPlace | null,
  source: MergingPlace | null,
): 'target' | 'source' | null {
  const ranks = [rankOf(target), rankOf(source)] as const;
  if (Math.max(...ranks) === 0) return null;
  return ranks[0] >= ranks[1] ? 'target' : 'source';
}

function rankOf(place: MergingPlace | null): number {
  if (place === null || place.state === 'released') return 0;
  const pinned = place.pinned ? 10 : 0;
  if (place.state === 'confirmed' || place.state === 'overflow') return pinned + 4;
  const untouched = place.confirmedAt === null && place.firstSendAt === null;
  if (place.state === 'needs-introduction') return pinned + (untouched ? 1 : 3.5);
  return pinned + (untouched ? 2 : 3);
}

/** What is known of a person's wishes, with when it was written down. */
export interface MergingWishes extends Wishes {
  readonly updatedAt: EpochMs;
}

/**
 * The wishes of a person of several handles: suppressed when either was, since the later stop, whose words stand. A
 * word that takes a stop back was said on one side and takes back nothing of the other's: it counts on only as far as
 * no stop came after it. What an ordinary message allowed stays only if it was written after every stop.
 */
export function mergeWishes<T extends MergingWishes>(a: T | null, b: T | null): T | null {
  if (a === null || b === null) return a ?? b;
  const [stopA, stopB] = [a.suppressedAt, b.suppressedAt];
  const lifts = [a, b].flatMap(({ liftedAt }) => liftedAt ?? []);
  if (stopA === null && stopB === null) {
    // Of two that were written down at once the one that allows more, whichever is named first.
    const newer = b.updatedAt - a.updatedAt;
    const allows = (b.replyAllowedUntil ?? 0) - (a.replyAllowedUntil ?? 0);
    const later = (newer || allows) > 0 ? b : a;
    return { ...later, liftedAt: lifts.length > 0 ? Math.max(...lifts) : null };
  }
  const last = (stopB ?? -Infinity) > (stopA ?? -Infinity) ? b : a;
  const suppressedAt = Math.max(stopA ?? -Infinity, stopB ?? -Infinity);
  const before = lifts.filter((at) => at <= suppressedAt);
  const allowed = [a, b]
    .filter((each) => each.suppressedAt !== null)
    .flatMap(({ replyAllowedUntil }) => replyAllowedUntil ?? [])
    .filter((until) => until - DAY_MS > suppressedAt);
  return {
    ...last,
    suppressedAt,
    liftedAt: before.length > 0 ? Math.max(...before) : null,
    replyAllowedUntil: allowed.length > 0 ? Math.max(...allowed) : null,
  };
}

/**
 * What was said with one person under two names. What they wrote anywhere answers what we had said before it; what
 * we have said since, on either side, stays open and adds up, and so does what was said at the same instant.
 */
export function mergeCounters(
  a: ConversationCounters,
  b: ConversationCounters,
): ConversationCounters {
  const lastInboundAt = latest(a.lastInboundAt, b.lastInboundAt);
  const open = [a, b].filter(
    ({ lastOutboundAt }) =>
      lastOutboundAt !== null && (lastInboundAt === null || lastOutboundAt >= lastInboundAt),
  );
  const sum = (of: (counters: ConversationCounters) => number): number =>
    open.reduce((total, each) => total + of(each), 0);
  return {
    lastInboundAt,
    lastOutboundAt: latest(a.lastOutboundAt, b.lastOutboundAt),
    lastUnsolicitedTurnAt: latest(a.lastUnsolicitedTurnAt, b.lastUnsolicitedTurnAt),
    outboundTurns: sum(({ outboundTurns }) => outboundTurns),
    unansweredTurns: sum(({ unansweredTurns }) => unansweredTurns),
  };
}

function latest(a: EpochMs | null, b: EpochMs | null): EpochMs | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

/**
 * The rate of a person who was counted under two names: what came under both, over the longer of the two times. A
 * user nobody has heard from adds nothing, and an expectation below the prior takes nothing from what was heard.
 */
export function mergeRates(a: UserRate, b: UserRate): UserRate {
  return {
    messages: Math.max(a.messages, b.messages, a.messages + b.messages),
    days: Math.max(a.days, b.days),
  };
}
