import type { FleetPolicy } from '../fleet-policy';
import { DAY_MS, type EpochMs } from '../kernel/time';
import type { Line } from '../line/line';
import { goodDaysForCap, goodDaysWithin, rampCap } from './cap';

/** What a closed budget day showed of a line. */
export interface DayEvidence {
  readonly in: number;
  readonly out: number;
  /** Distinct people we wrote to, and of those the ones who wrote that day. */
  readonly recipients: number;
  readonly replied: number;
  readonly failures: number;
  readonly optOuts: number;
  readonly suspect: boolean;
  /** What the detectors hold against it, as a share of what makes it suspect; 0 when it is not told. */
  readonly evidenceShare?: number;
  /** Closed days, this one last, in a row without a single message; 0 when it is not told. */
  readonly idleDays?: number;
}

export interface DayOutcome {
  readonly outcome: 'advance' | 'hold' | 'regress' | 'abort';
  readonly goodDays: number;
  readonly rampHoldUntil: EpochMs | null;
  readonly reasons: readonly string[];
}

/** A day on which more than this share of the people we wrote to failed or opted out is no good day. */
const MAX_BAD_SHARE = 0.1;

/** From half of the evidence that makes a line suspect, a day is no good day yet. */
const MAX_EVIDENCE_SHARE = 0.5;

/**
 * Judges a line's day for the ramp. Use is judged against what admission allowed, so that the ramp never waits
 * for itself; too little evidence holds and is never punished.
 */
export function closeDay(
  line: Pick<Line, 'goodDays' | 'budgetPerDay' | 'health' | 'rampHoldUntil' | 'reputation'>,
  evidence: DayEvidence,
  allowedPerDay: number,
  now: EpochMs,
  policy: FleetPolicy,
): DayOutcome {
  const stay = (
    outcome: 'hold' | 'abort',
    reason: string,
    goodDays = line.goodDays,
  ): DayOutcome => ({
    outcome,
    goodDays,
    rampHoldUntil: line.rampHoldUntil,
    reasons: [reason],
  });
  if (line.health === 'ejected') return stay('abort', 'the line is ejected', 0);
  const harm = harmDone(evidence);
  const enoughPeople = evidence.recipients >= policy.ramp.minDistinctRecipients;
  // Shares over a handful of people prove nothing: they do not punish, but they are no good day either.
  const bad = [...badSigns(line, evidence), ...(enoughPeople ? harm : [])];
  if (bad.length > 0) {
    const halved = Math.max(policy.ramp.firstDayCap, rampCap(line, policy) / 2);
    return {
      outcome: 'regress',
      goodDays: Math.max(
        0,
        Math.min(line.goodDays - 1, goodDaysForCap(halved, line.budgetPerDay, policy)),
      ),
      rampHoldUntil: now + policy.ramp.holdDaysAfterRegress * DAY_MS,
      reasons: bad,
    };
  }
  const idle = afterIdleness(line, evidence, policy);
  if (idle !== null) return { ...idle, rampHoldUntil: line.rampHoldUntil };
  if (line.rampHoldUntil !== null && now < line.rampHoldUntil) {
    return stay('hold', 'held after an earlier regression');
  }
  if (rampCap(line, policy) >= line.budgetPerDay)
    return stay('hold', 'the whole budget is reached');
  const used = evidence.in + evidence.out;
  const enoughUse = allowedPerDay > 0 && used >= policy.ramp.minUseShare * allowedPerDay;
  if (used === 0 || (!enoughUse && !enoughPeople)) {
    return stay('hold', `too little evidence: ${used} messages, ${evidence.recipients} recipients`);
  }
  if ((evidence.evidenceShare ?? 0) >= MAX_EVIDENCE_SHARE) {
    return stay('hold', 'the detectors hold something against it');
  }
  const doubts = [...harm, ...noSuccess(line, evidence, policy)];
  if (doubts.length > 0) return stay('hold', `no good day: ${doubts.join(', ')}`);
  return {
    outcome: 'advance',
    goodDays: line.goodDays + 1,
    rampHoldUntil: null,
    reasons: [
      `a good day: ${used} messages, ${evidence.replied} of ${evidence.recipients} replied`,
    ],
  };
}

/** A line that nobody used for long is a new one to the provider: it begins again at the floor of the spike guard. */
function afterIdleness(
  line: Pick<Line, 'goodDays' | 'budgetPerDay'>,
  { idleDays = 0 }: DayEvidence,
  policy: FleetPolicy,
): Pick<DayOutcome, 'outcome' | 'goodDays' | 'reasons'> | null {
  if (idleDays < policy.ramp.idleDays) return null;
  const floor = goodDaysWithin(policy.ramp.spikeFloor, line.budgetPerDay, policy);
  if (line.goodDays <= floor) return null;
  return { outcome: 'regress', goodDays: floor, reasons: [`nothing carried for ${idleDays} days`] };
}

/** Verdicts of others on the line that are an incident. */
function badSigns(line: Pick<Line, 'reputation'>, evidence: DayEvidence): string[] {
  const signs: string[] = [];
  if (evidence.suspect) signs.push('the line was suspect');
  if (line.reputation === 'CRITICAL') signs.push("the provider's reputation is CRITICAL");
  return signs;
}

/** What people bore on the day: messages that failed, and stops. */
function harmDone({ recipients, failures, optOuts }: DayEvidence): string[] {
  return failures + optOuts > MAX_BAD_SHARE * recipients
    ? [`${failures} failures and ${optOuts} opt-outs`]
    : [];
}

/**
 * What keeps a day from being a good one and is no incident: few answers, much out for little in, and a reputation
 * at risk. The provider asks for a slower pace then and not for moving away, and a product that is seldom answered
 * would lose even its mature lines.
 */
function noSuccess(
  line: Pick<Line, 'reputation'>,
  evidence: DayEvidence,
  policy: FleetPolicy,
): string[] {
  const { recipients, replied } = evidence;
  const signs: string[] = [];
  if (replied < policy.ramp.minReplyRatio * recipients) {
    signs.push(`only ${replied} of ${recipients} replied`);
  }
  if (evidence.out > policy.ramp.maxOutPerIn * Math.max(1, evidence.in)) {
    signs.push(`${evidence.out} out for ${evidence.in} in`);
  }
  if (line.reputation === 'AT_RISK') signs.push("the provider's reputation is AT_RISK");
  return signs;
}
