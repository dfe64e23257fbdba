import type { FleetPolicy } from '../fleet-policy';
import { type EpochMs, SECOND_MS } from '../kernel/time';

/** What a person and we have said lately, as far as the gate must know. */
export interface ConversationCounters {
  readonly lastInboundAt: EpochMs | null;
  readonly lastOutboundAt: EpochMs | null;
  readonly lastUnsolicitedTurnAt: EpochMs | null;
  /** Outbound turns since the person last wrote. */
  readonly outboundTurns: number;
  /** Of those, turns that answered nothing. */
  readonly unansweredTurns: number;
}

export const NOTHING_SAID: ConversationCounters = {
  lastInboundAt: null,
  lastOutboundAt: null,
  lastUnsolicitedTurnAt: null,
  outboundTurns: 0,
  unansweredTurns: 0,
};

/** The person wrote at `at`. What we said before that is answered; what we said after it stays open. */
export function onInbound(counters: ConversationCounters, at: EpochMs): ConversationCounters {
  if (counters.lastInboundAt !== null && at <= counters.lastInboundAt) return counters;
  const answered = counters.lastOutboundAt === null || counters.lastOutboundAt <= at;
  return {
    ...counters,
    lastInboundAt: at,
    outboundTurns: answered ? 0 : counters.outboundTurns,
    unansweredTurns: answered ? 0 : counters.unansweredTurns,
  };
}

/** We wrote at `at`. Bubbles within the turn gap of the last one are the same turn. News from before the person's last word is answered already. */
export function onOutbound(
  counters: ConversationCounters,
  at: EpochMs,
  policy: FleetPolicy,
): ConversationCounters {
  const { lastInboundAt, lastOutboundAt } = counters;
  const latest = lastOutboundAt === null ? at : Math.max(lastOutboundAt, at);
  if (lastInboundAt !== null && at < lastInboundAt) return { ...counters, lastOutboundAt: latest };
  const gapMs = policy.sends.turnGapSeconds * SECOND_MS;
  const afterInbound = lastInboundAt === null || (lastOutboundAt ?? -Infinity) >= lastInboundAt;
  const sameTurn =
    lastOutboundAt !== null &&
    afterInbound &&
    Math.abs(at - lastOutboundAt) < gapMs &&
    counters.outboundTurns > 0;
  if (sameTurn) return { ...counters, lastOutboundAt: latest };
  const unsolicited = !isReplyTime(counters, at, policy);
  return {
    ...counters,
    lastOutboundAt: latest,
    outboundTurns: counters.outboundTurns + 1,
    unansweredTurns: counters.unansweredTurns + (unsolicited ? 1 : 0),
    lastUnsolicitedTurnAt: unsolicited ? latest : counters.lastUnsolicitedTurnAt,
  };
}

/** Whether a message at `at` answers the person: they wrote lately, and we have not said too much since. */
export function isReplyTime(
  counters: ConversationCounters,
  at: EpochMs,
  policy: FleetPolicy,
): boolean {
  const { lastInboundAt, outboundTurns, lastOutboundAt } = counters;
  if (lastInboundAt === null) return false;
  if (at - lastInboundAt > policy.sends.replyWindowHours * 3_600 * SECOND_MS) return false;
  const gapMs = policy.sends.turnGapSeconds * SECOND_MS;
  const goesOn =
    lastOutboundAt !== null && lastOutboundAt >= lastInboundAt && at - lastOutboundAt < gapMs;
  return (
    outboundTurns < policy.sends.replyTurns || (goesOn && outboundTurns === policy.sends.replyTurns)
  );
}
