import type { FleetPolicy } from '../fleet-policy';
import type { Line } from '../line/line';

/** The cap that the ramp alone gives: `firstDayCap * growth^goodDays`, up to the line's budget. */
export function rampCap(
  line: Pick<Line, 'goodDays' | 'budgetPerDay'>,
  policy: FleetPolicy,
): number {
  const grown = policy.ramp.firstDayCap * policy.ramp.growth ** line.goodDays;
  return Math.min(line.budgetPerDay, Math.round(grown));
}

/** The good days whose cap carries `messagesPerDay`, at most those of the whole budget. */
export function goodDaysForCap(
  messagesPerDay: number,
  budgetPerDay: number,
  policy: FleetPolicy,
): number {
  const wanted = Math.min(messagesPerDay, budgetPerDay);
  if (wanted <= policy.ramp.firstDayCap) return 0;
  return Math.ceil(Math.log(wanted / policy.ramp.firstDayCap) / Math.log(policy.ramp.growth));
}

/** The most good days whose cap is no higher than `cap`; at least 0, at most those of the whole budget. */
export function goodDaysWithin(cap: number, budgetPerDay: number, policy: FleetPolicy): number {
  let goodDays = goodDaysForCap(cap, budgetPerDay, policy);
  while (goodDays > 0 && rampCap({ goodDays, budgetPerDay }, policy) > cap) goodDays -= 1;
  return goodDays;
}

/** Whether the ramp still holds the line below its budget. */
export function isRamping(
  line: Pick<Line, 'goodDays' | 'budgetPerDay'>,
  policy: FleetPolicy,
): boolean {
  return rampCap(line, policy) < line.budgetPerDay;
}

/**
 * Today's cap of a line. The spike guard holds for mature lines too: nothing jumps above `growth` times what the
 * line lately carried or was admitted to carry, and never below the guard's floor.
 */
export function todayCap(
  line: Pick<Line, 'goodDays' | 'budgetPerDay' | 'meanMilli'>,
  maxDailyUse7d: number,
  policy: FleetPolicy,
): number {
  const guard = Math.max(
    policy.ramp.spikeFloor,
    Math.round(policy.ramp.growth * Math.max(maxDailyUse7d, line.meanMilli / 1_000)),
  );
  return Math.min(rampCap(line, policy), guard);
}
