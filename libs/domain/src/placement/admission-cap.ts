import type { FleetPolicy } from '../fleet-policy';
import { assumedPrior, type UserPrior } from '../forecast/prior';
import { loadMilliOf, startRate } from '../forecast/user-rate';
import { isRamping, rampCap } from '../ramp/cap';
import type { LineView } from './types';

/** What the spike guard of admission looks at. */
type GrowingLine = Pick<LineView, 'goodDays' | 'budgetPerDay' | 'meanMilli' | 'newUsersToday'>;

/**
 * The cap that admission fills a line up to today: like {@link todayCap}, but it grows from the cap that the load
 * admitted before today needs, and not from that load's mean. A full line carries a share of its cap by mean; 1.25
 * times that may be less than it has, and a line that only its own users feed would never fill further than to
 * the floor of the guard. Who was placed today does not count, so that a day cannot raise its own cap.
 */
export function admissionCap(
  line: GrowingLine,
  maxDailyUse7d: number,
  policy: FleetPolicy,
  prior: UserPrior = assumedPrior(policy),
): number {
  const newcomer = loadMilliOf(startRate(policy, null, prior), policy, prior);
  const before = Math.max(0, line.meanMilli - line.newUsersToday * newcomer.meanMilli) / 1_000;
  const { rampMeanShare, maxMeanShare } = policy.admission;
  const share = isRamping(line, policy) ? rampMeanShare : maxMeanShare;
  const needed = before / share;
  const guard = Math.round(policy.ramp.growth * Math.max(maxDailyUse7d, needed));
  return Math.min(rampCap(line, policy), Math.max(policy.ramp.spikeFloor, guard));
}
