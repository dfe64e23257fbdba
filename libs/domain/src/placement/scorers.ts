import type { FleetPolicy } from '../fleet-policy';
import { projectedUse } from '../forecast/quantile';
import { rampCap } from '../ramp/cap';
import { loadWith } from './admission';
import type { FleetSnapshot, LineView, PlacementRequest } from './types';

/** Rates a candidate from 0 (worst) to 100 (best). */
export interface Scorer {
  readonly name: string;
  readonly weight: number;
  readonly score: (
    line: LineView,
    request: PlacementRequest,
    snapshot: FleetSnapshot,
    policy: FleetPolicy,
  ) => number;
}

const percent = (share: number): number => Math.round(1_000 * Math.min(1, Math.max(0, share))) / 10;

/**
 * Room left after this user, by the quantile of the line's day: under the cap of the ramp. What the spike guard takes
 * off follows the load; whoever compared by that would send people where more are already.
 */
const headroom: Scorer = {
  name: 'headroom',
  weight: 4,
  score: (line, request, { outlook }, policy) =>
    percent(1 - projectedUse(loadWith(line, request), policy, outlook) / rampCap(line, policy)),
};

/** What the line really carried lately: a forecast may be wrong, yesterday is not. */
const quiet: Scorer = {
  name: 'recent-use',
  weight: 1,
  score: (line, _request, _snapshot, policy) =>
    percent(1 - line.usedLast24h / rampCap(line, policy)),
};

/** So many newcomers in a day halve the score. */
const MANY_NEWCOMERS = 5;

/**
 * Newcomers of one day say most in their first days, and nobody knows how much: they are spread evenly. Without this
 * the busiest line of a real trace is some 3 % further above the mean (docs/arena.md).
 */
const newcomers: Scorer = {
  name: 'newcomers',
  weight: 1,
  score: (line) => percent(MANY_NEWCOMERS / (MANY_NEWCOMERS + line.newUsersToday)),
};

export const SCORERS: readonly Scorer[] = [headroom, quiet, newcomers];
