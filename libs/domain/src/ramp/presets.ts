import type { FleetPolicy } from '../fleet-policy';
import type { Line } from '../line/line';
import { goodDaysForCap, goodDaysWithin, rampCap } from './cap';

/** How fast a cap grows with each good day: 22, 14 or 9 of them from 150 to 3,000. */
export const RAMP_PRESETS = { careful: 1.15, standard: 1.25, fast: 1.4 } as const;
export type RampPreset = keyof typeof RAMP_PRESETS;

/** The policy with the growth of a preset. The lines' good days are to follow: see {@link goodDaysUnder}. */
export function withRampPreset(policy: FleetPolicy, preset: RampPreset): FleetPolicy {
  return { ...policy, ramp: { ...policy.ramp, growth: RAMP_PRESETS[preset] } };
}

/** The preset of a policy, or null when its growth is one of its own. */
export function rampPresetOf({ ramp }: FleetPolicy): RampPreset | null {
  const found = Object.entries(RAMP_PRESETS).find(([, growth]) => growth === ramp.growth);
  return found ? (found[0] as RampPreset) : null;
}

/**
 * A line's good days when the ramp's policy changes: as many as keep its cap, and no more, so that no cap rises by
 * a change of policy. A line at its whole budget stays there.
 */
export function goodDaysUnder(
  line: Pick<Line, 'goodDays' | 'budgetPerDay'>,
  before: FleetPolicy,
  after: FleetPolicy,
): number {
  const cap = rampCap(line, before);
  return cap >= line.budgetPerDay
    ? goodDaysForCap(line.budgetPerDay, line.budgetPerDay, after)
    : goodDaysWithin(cap, line.budgetPerDay, after);
}
