import type { FleetPolicy } from '../fleet-policy';
import type { DayRisk } from '../forecast/fleet-day';
import type { UserPrior } from '../forecast/prior';
import type { Load } from '../forecast/quantile';
import { loadMilliOf, startRate } from '../forecast/user-rate';
import { admits } from '../placement/admission';
import type { LineView } from '../placement/types';
import { goodDaysForCap, rampCap } from '../ramp/cap';

/** The part of a line that says how far it may be filled. */
export type Fillable = Pick<LineView, 'goodDays' | 'budgetPerDay' | 'todayCap'>;

/** What a newcomer puts on a line by the prior: messages on a normal day, and their variance. */
export function newcomerLoad(policy: FleetPolicy, prior: UserPrior): Load {
  const { meanMilli, varianceMilli } = loadMilliOf(startRate(policy, null, prior), policy, prior);
  return { mean: meanMilli / 1_000, variance: varianceMilli / 1_000 };
}

/** A line with so many good days and its ramp's whole cap. */
export function lineAfter(goodDays: number, budgetPerDay: number, policy: FleetPolicy): Fillable {
  return {
    goodDays,
    budgetPerDay,
    todayCap: rampCap({ goodDays, budgetPerDay }, policy),
  };
}

/** A line through its ramp. */
export function matureLine(budgetPerDay: number, policy: FleetPolicy): Fillable {
  return lineAfter(goodDaysForCap(budgetPerDay, budgetPerDay, policy), budgetPerDay, policy);
}

/**
 * By what a line's load is multiplied when `losses` of `lines` lines are lost and theirs is spread over the rest of
 * their pod; Infinity when nothing is left. With one line and no other there is nobody to keep a reserve for.
 */
export function loadAfterLosses(lines: number, losses: number, { cards }: FleetPolicy): number {
  const pod = Math.min(lines, Math.max(cards.linesPerPod, losses + 1));
  return pod > losses ? pod / (pod - losses) : Infinity;
}

/**
 * How many users like `user` admission lets on a line (gamma quantile under the cap, or by mean while it ramps), while
 * the line still carries `reserve` times its mean within `fallbackMaxShare` of the cap. Mean above 0.
 */
export function usersPerLine(
  user: Load,
  line: Fillable,
  policy: FleetPolicy,
  outlook: DayRisk,
  reserve = 1,
): number {
  const mayHold = (users: number): boolean => {
    const load = { mean: users * user.mean, variance: users * user.variance };
    return (
      reserve * load.mean <= policy.admission.fallbackMaxShare * line.todayCap &&
      admits(line, load, policy, outlook)
    );
  };
  let [good, bad] = [0, Math.floor(line.todayCap / user.mean) + 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (mayHold(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
