import type { FleetPolicy } from '../fleet-policy';
import { projectedUse } from '../forecast/quantile';
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

/** Room left under the cap after this user, by the quantile of the line's day. */
const headroom: Scorer = {
  name: 'headroom',
  weight: 4,
  score: (line, request, { outlook }, policy) =>
    percent(1 - projectedUse(loadWith(line, request), policy, outlook) / line.todayCap),
};

/** What the line really carried lately: a forecast may be wrong, yesterday is not. */
const quiet: Scorer = {
  name: 'recent-use',
  weight: 1,
  score: (line) => percent(1 - line.usedLast24h / line.todayCap),
};

export const SCORERS: readonly Scorer[] = [headroom, quiet];
