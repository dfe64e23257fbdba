import type { FleetPolicy } from '../fleet-policy';
import type { DayRisk } from '../forecast/fleet-day';
import type { Load } from '../forecast/quantile';
import { admits } from '../placement/admission';
import { loadAfterLosses, matureLine } from './users-per-line';

/**
 * The fewest lines through their ramp, of this budget, that may carry a load spread evenly over them, and after
 * `losses` of them in one pod still do within `fallbackMaxShare` of their budget. 0 for no load.
 */
export function linesNeeded(
  total: Load,
  budgetPerDay: number,
  losses: number,
  policy: FleetPolicy,
  outlook: DayRisk,
): number {
  if (total.mean <= 0) return 0;
  const line = matureLine(budgetPerDay, policy);
  const most = policy.admission.fallbackMaxShare * budgetPerDay;
  const mayCarry = (lines: number): boolean => {
    const load = { mean: total.mean / lines, variance: total.variance / lines };
    return (
      load.mean * loadAfterLosses(lines, losses, policy) <= most &&
      admits(line, load, policy, outlook)
    );
  };
  let enough = 1;
  while (!mayCarry(enough)) enough *= 2;
  let short = Math.floor(enough / 2);
  while (enough - short > 1) {
    const middle = Math.floor((enough + short) / 2);
    if (mayCarry(middle)) enough = middle;
    else short = middle;
  }
  return enough;
}
