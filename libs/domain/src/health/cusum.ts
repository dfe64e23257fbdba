import type { FleetPolicy } from '../fleet-policy';

/** Shares of bad outcomes between which a detector tells, 0 < healthy < sick < 1. */
export interface BadRates {
  readonly healthy: number;
  readonly sick: number;
}

/** Failures and downgrades: the fleet's own share on healthy lines, within the policy's bounds, against a flagged line's. */
export function badRatesOf(fleetShare: number, { health }: FleetPolicy): BadRates {
  const { minBadRate, maxBadRate, flaggedBadRate } = health.detection;
  return {
    healthy: Math.min(maxBadRate, Math.max(minBadRate, fleetShare)),
    sick: flaggedBadRate,
  };
}

/** Replies that stay away, as bad outcomes: the usual share of replies against half of it. `replyShare` in (0, 1). */
export function silenceRatesOf(replyShare: number): BadRates {
  return { healthy: 1 - replyShare, sick: 1 - replyShare / 2 };
}

/**
 * One step of Page's CUSUM: the log-likelihood ratio of the outcome is added, and it never falls below 0. Of all
 * rules with the same rate of false alarms it finds a change soonest in the worst case (Lorden 1971, Moustakides
 * 1986). `weight`, up to 1, is what an outcome counts beside others that it is not independent of.
 */
export function addEvidence(
  evidence: number,
  outcome: 'good' | 'bad',
  { healthy, sick }: BadRates,
  weight = 1,
): number {
  const ratio = outcome === 'bad' ? sick / healthy : (1 - sick) / (1 - healthy);
  return Math.max(0, evidence + weight * Math.log(ratio));
}

/**
 * Outcomes between two false alarms at threshold h are about this times e^h, for a healthy share of 0.02 against
 * 0.3 (exact chain on a lattice; the tests simulate it).
 */
const OUTCOMES_PER_FALSE_ALARM = 11;

/** The least evidence that is worth a suspicion, whatever the traffic: more than one bad outcome. */
const MIN_EVIDENCE = 3;

/**
 * The evidence at which one false alarm is due in `days` days, with so many distinct outcomes a day: 8.1 for a line
 * with 100 a day and a year, 10.8 with 1,500. For a whole fleet give the outcomes of all its lines.
 */
export function evidenceFor(days: number, outcomesPerDay: number): number {
  const outcomes = Math.max(1, days * outcomesPerDay);
  return Math.max(MIN_EVIDENCE, Math.log(outcomes / OUTCOMES_PER_FALSE_ALARM));
}
