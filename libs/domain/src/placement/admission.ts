import type { FleetPolicy } from '../fleet-policy';
import type { DayRisk } from '../forecast/fleet-day';
import { assumedPrior, type UserPrior } from '../forecast/prior';
import { type Load, projectedUse } from '../forecast/quantile';
import { isRamping, rampCap } from '../ramp/cap';
import type { LineView } from './types';

/** The load a line would carry with this user added. */
export function loadWith(
  line: Pick<LineView, 'meanMilli' | 'varianceMilli'>,
  added: { readonly meanMilli: number; readonly varianceMilli: number },
): Load {
  return {
    mean: (line.meanMilli + added.meanMilli) / 1_000,
    variance: (line.varianceMilli + added.varianceMilli) / 1_000,
  };
}

/**
 * Whether the line may carry this load: its day exceeds the whole budget with probability epsilon at most, and its
 * mean stays below a share of today's cap, which grows no faster than the spike guard lets it. A ramping line admits
 * by mean alone, because with a small cap the quantile rule would admit a single user and the ramp would wait for
 * itself; and so would a mature line that was quiet lately, if its guard were held against a quantile.
 */
export function admits(
  line: Pick<LineView, 'goodDays' | 'budgetPerDay' | 'todayCap'>,
  load: Load,
  policy: FleetPolicy,
  outlook?: DayRisk,
): boolean {
  if (isRamping(line, policy)) {
    return load.mean <= policy.admission.rampMeanShare * line.todayCap;
  }
  return (
    load.mean <= policy.admission.maxMeanShare * line.todayCap &&
    projectedUse(load, policy, outlook) <= rampCap(line, policy)
  );
}

/** What admission lets a line carry a day by mean: the measure that use is judged against. */
export function admissiblePerDay(
  line: Pick<LineView, 'goodDays' | 'budgetPerDay' | 'todayCap' | 'meanMilli'>,
  policy: FleetPolicy,
): number {
  const share = isRamping(line, policy)
    ? policy.admission.rampMeanShare
    : policy.admission.maxMeanShare;
  return Math.min(share * line.todayCap, Math.max(line.meanMilli / 1_000, 1));
}

/** New users a ramping line may take in one day: what its cap leaves, in first days of newcomers, who talk more then. */
export function newUsersPerDay(
  line: LineView,
  policy: FleetPolicy,
  prior: UserPrior = assumedPrior(policy),
): number {
  const room = 0.8 * (line.todayCap - (line.meanMilli / 1_000) * policy.admission.rampMeanShare);
  return Math.max(1, Math.floor(room / (prior.mean * policy.forecast.noveltyFactor)));
}
