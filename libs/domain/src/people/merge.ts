import type { FleetPolicy } from '../fleet-policy';
import type { UserRate } from '../forecast/user-rate';
import { DAY_MS, type EpochMs } from '../kernel/time';
import type { ConversationCounters } from '../sends/turns';

/** What decides which of two places of one person in a pool stays. */
export interface MergingPlace {
  readonly state: 'reserved' | 'confirmed' | 'overflow' | 'needs-introduction' | 'released';
  readonly pinned: boolean;
  /** A message on the reservation is on its way. */
  readonly firstSendAt: EpochMs | null;
}

/**
 * Two users turn out to be one person: which of their places in a pool stays? A pinned one before one that is not;
 * then the one where person and line have met and that serves; then one that waits for an introduction; then a
 * reservation with a message on its way; then a mere reservation. Of equals the target's. Null when neither has one.
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
  if (place.state === 'needs-introduction') return pinned + 3;
  return pinned + (place.firstSendAt === null ? 1 : 2);
}

/** The part of a suppression that a merge decides on. */
export interface MergingSuppression {
  /** Null: not suppressed (any more). */
  readonly suppressedAt: EpochMs | null;
  /** A later ordinary message may be answered until then: a day after it was written. */
  readonly replyAllowedUntil: EpochMs | null;
  readonly updatedAt: EpochMs;
}

/**
 * One suppression for a person of several handles: suppressed when either was, since the later stop, whose words
 * stand. What an ordinary message allowed stays only if it was written after that stop. Where neither is
 * suppressed the later word stands.
 */
export function mergeSuppressions<T extends MergingSuppression>(
  a: T | null,
  b: T | null,
): T | null {
  if (a === null || b === null) return a ?? b;
  const [stopA, stopB] = [a.suppressedAt, b.suppressedAt];
  if (stopA === null && stopB === null) return b.updatedAt > a.updatedAt ? b : a;
  const last = (stopB ?? -Infinity) > (stopA ?? -Infinity) ? b : a;
  const suppressedAt = Math.max(stopA ?? -Infinity, stopB ?? -Infinity);
  const allowed = [a, b]
    .filter((each) => each.suppressedAt !== null)
    .flatMap(({ replyAllowedUntil }) => replyAllowedUntil ?? [])
    .filter((until) => until - DAY_MS > suppressedAt);
  return {
    ...last,
    suppressedAt,
    replyAllowedUntil: allowed.length > 0 ? Math.max(...allowed) : null,
  };
}

/**
 * What was said with one person under two names. What they wrote anywhere answers what we had said before it; what
 * we have said since, on either side, stays open and adds up.
 */
export function mergeCounters(
  a: ConversationCounters,
  b: ConversationCounters,
): ConversationCounters {
  const lastInboundAt = latest(a.lastInboundAt, b.lastInboundAt);
  const open = [a, b].filter(
    ({ lastOutboundAt }) =>
      lastOutboundAt !== null && (lastInboundAt === null || lastOutboundAt > lastInboundAt),
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
 * The rate of a person who was counted under two names: the evidence of both above one prior, over the longer of
 * the two times. A user nobody has heard from adds nothing, and the person never counts for less than the busier one.
 */
export function mergeRates(a: UserRate, b: UserRate, policy: FleetPolicy): UserRate {
  const { priorDays, priorMeanPerDay } = policy.forecast;
  return {
    a: Math.max(a.a, b.a, a.a + b.a - priorDays * priorMeanPerDay),
    b: Math.max(a.b, b.b),
  };
}
