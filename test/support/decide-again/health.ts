import type { explainDay, explainSuspicion, explainVerdict } from '@linekeeper/domain';
import { capOf, DAY, HOUR } from './numbers';

/** The day's outcome without its words: how many reasons there are stands for them. */
export function closeAgain({ inputs, policy }: ReturnType<typeof explainDay>) {
  const { line, evidence: day, allowedPerDay, now } = inputs;
  const { goodDays, budgetPerDay, rampHoldUntil } = line;
  const ends = (outcome: string, days: number, hold: number | null, reasons = 1) => ({
    outcome,
    goodDays: days,
    rampHoldUntil: hold,
    reasons,
  });
  if (line.health === 'ejected') return ends('abort', 0, rampHoldUntil);
  const harmed = day.failures + day.optOuts > 0.1 * day.recipients;
  const doubted =
    day.replied < policy.minReplyRatio * day.recipients ||
    day.out > policy.maxOutPerIn * Math.max(1, day.in) ||
    line.reputation === 'AT_RISK';
  const enoughPeople = day.recipients >= policy.minDistinctRecipients;
  const bad = [day.suspect, line.reputation === 'CRITICAL', enoughPeople && harmed].filter(
    Boolean,
  ).length;
  /** The good days whose cap is just no lower than a number of messages. */
  const reaching = (messages: number): number => {
    const wanted = Math.min(messages, budgetPerDay);
    return wanted <= policy.firstDayCap
      ? 0
      : Math.ceil(Math.log(wanted / policy.firstDayCap) / Math.log(policy.growth));
  };
  const cap = capOf(line, policy);
  if (bad > 0) {
    const half = reaching(Math.max(policy.firstDayCap, cap / 2));
    const held = now + policy.holdDaysAfterRegress * DAY;
    return ends('regress', Math.max(0, Math.min(goodDays - 1, half)), held, bad);
  }
  if ((day.idleDays ?? 0) >= policy.idleDays) {
    let floor = reaching(policy.spikeFloor);
    while (floor > 0 && capOf({ goodDays: floor, budgetPerDay }, policy) > policy.spikeFloor) {
      floor -= 1;
    }
    if (goodDays > floor) return ends('regress', floor, rampHoldUntil);
  }
  const used = day.in + day.out;
  const enoughUse = allowedPerDay > 0 && used >= policy.minUseShare * allowedPerDay;
  const holds =
    (rampHoldUntil !== null && now < rampHoldUntil) ||
    cap >= budgetPerDay ||
    used === 0 ||
    !(enoughUse || enoughPeople) ||
    (day.evidenceShare ?? 0) >= 0.5 ||
    harmed ||
    doubted;
  return holds ? ends('hold', goodDays, rampHoldUntil) : ends('advance', goodDays + 1, null);
}

export function suspectAgain({ inputs, policy }: ReturnType<typeof explainSuspicion>) {
  const { of, held, counted, rates, outcomesPerDay } = inputs;
  const bad = counted.outcome === 'bad';
  const odds = bad ? rates.sick / rates.healthy : (1 - rates.sick) / (1 - rates.healthy);
  const before = of === 'outcome' ? held.evidence : held.silence;
  const weight = of === 'outcome' ? 1 : 1 / (1 + 0.1 * (Math.max(1, outcomesPerDay) - 1));
  const evidence = Math.max(0, before + weight * Math.log(odds));
  // Failures and silence may each be wrong half as often.
  const outcomes = Math.max(1, 2 * policy.daysPerFalseSuspicion * outcomesPerDay);
  const threshold = Math.max(3, Math.log(outcomes / 11));
  const good = of === 'outcome' && !bad && held.suspectSince !== null ? 1 : 0;
  const begins = held.suspectSince === null && evidence >= threshold;
  const verdict = {
    ...held,
    [of === 'outcome' ? 'evidence' : 'silence']: evidence,
    goodSince: begins ? 0 : held.goodSince + good,
    suspectSince: begins ? counted.at : held.suspectSince,
  };
  return { steps: { evidence, threshold }, verdict };
}

export function judgeAgain({ inputs, policy }: ReturnType<typeof explainVerdict>): string {
  const { flagged, canary, suspicion, now } = inputs;
  const { evidence, silence, suspectSince, goodSince } = suspicion;
  if (flagged) return 'eject';
  if (suspectSince === null) return 'healthy';
  if (canary === 'fails' || evidence >= policy.ejectEvidence) return 'eject';
  const quiet = evidence === 0 && silence === 0 && goodSince >= policy.clearOutcomes;
  const longAgo = now >= suspectSince + policy.clearHours * HOUR;
  return quiet && longAgo && canary === 'works' ? 'healthy' : 'suspect';
}
