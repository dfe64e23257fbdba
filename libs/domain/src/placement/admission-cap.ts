import type { FleetPolicy } from '../fleet-policy';
import type { DayRisk } from '../forecast/fleet-day';
import { assumedPrior, type UserPrior } from '../forecast/prior';
import { projectedUse } from '../forecast/quantile';
import { loadMilliOf, startRate } from '../forecast/user-rate';
import { isRamping, rampCap } from '../ramp/cap';
import type { LineView } from './types';

/** What the spike guard of admission looks at. */
type GrowingLine = Pick<
  LineView,
  'goodDays' | 'budgetPerDay' | 'meanMilli' | 'varianceMilli' | 'newUsersToday'
>;

/**
 * The cap that admission fills a line up to today: like {@link todayCap}, but it grows from the cap that the load
 * admitted before today needs, and not from that load's mean. A full line carries half of its cap by mean, or
 * the share that the quantile leaves; 1.25 times that is less than it has, and a line that only its own users
 * feed would never fill further than to the floor of the guard. Who was placed today does not count, so
 * that a day cannot raise its own cap.
 */
export function admissionCap(
  line: GrowingLine,
  maxDailyUse7d: number,
  policy: FleetPolicy,
  outlook?: DayRisk,
  prior: UserPrior = assumedPrior(policy),
): number {
  const newcomer = loadMilliOf(startRate(policy, null, prior), policy, prior);
  const before = (sum: number, each: number): number =>
    Math.max(0, sum - line.newUsersToday * each) / 1_000;
  const load = {
    mean: before(line.meanMilli, newcomer.meanMilli),
    variance: before(line.varianceMilli, newcomer.varianceMilli),
  };
  const { rampMeanShare, maxMeanShare } = policy.admission;
  const needed = isRamping(line, policy)
    ? load.mean / rampMeanShare
    : Math.max(load.mean / maxMeanShare, projectedUse(load, policy, outlook));
  const guard = Math.round(policy.ramp.growth * Math.max(maxDailyUse7d, needed));
  return Math.min(rampCap(line, policy), Math.max(policy.ramp.spikeFloor, guard));
}
