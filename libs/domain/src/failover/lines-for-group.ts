import type { FleetPolicy } from '../fleet-policy';
import type { DayRisk } from '../forecast/fleet-day';
import type { EpochMs } from '../kernel/time';
import type { LineView } from '../placement/types';
import { byShare, Targets } from './target';

export interface GroupToPlace {
  readonly now: EpochMs;
  readonly lostLineId: string;
  /** Names the group; equal loads are told apart by it. */
  readonly key: string;
  /** Every line of the pool. */
  readonly lines: readonly LineView[];
  /** How many of its members know each line's number; a line that is not named is known to none. */
  readonly knownBy: ReadonlyMap<string, number>;
  /** What the fleet's days are like. */
  readonly outlook: DayRisk;
}

/**
 * The lines on which a group may be made anew, the best first: that most members know, and among those the least full. How much a
 * group talks is not known: it is taken for one new person.
 */
export function linesForGroup(group: GroupToPlace, policy: FleetPolicy): LineView[] {
  const { lostLineId, key, lines, knownBy } = group;
  const { priorMeanPerDay, priorCv } = policy.forecast;
  const asPerson = {
    userId: key,
    meanMilli: Math.round(1_000 * priorMeanPerDay),
    varianceMilli: Math.round(1_000 * (priorCv * priorMeanPerDay) ** 2),
  };
  const targets = new Targets(group, lines, lostLineId, policy);
  const known = ({ id }: LineView): number => knownBy.get(id) ?? 0;
  return targets
    .withRoom(asPerson, targets.usableOf(lines.map(({ id }) => id)))
    .sort((a, b) => known(b.line) - known(a.line) || byShare(a, b))
    .map(({ line }) => line);
}
