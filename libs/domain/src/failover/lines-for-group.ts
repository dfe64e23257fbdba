import type { FleetPolicy } from '../fleet-policy';
import type { DayRisk } from '../forecast/fleet-day';
import type { EpochMs } from '../kernel/time';
import type { LineView } from '../placement/types';
import { planFailover } from './plan';

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
 * The lines on which a group may be made anew, the best first: that most members know, and among those as a failover chooses.
 * How much a group talks is not known: it is taken for one new person.
 */
export function linesForGroup(group: GroupToPlace, policy: FleetPolicy): LineView[] {
  const { now, lostLineId, key, lines, knownBy, outlook } = group;
  const { priorMeanPerDay, priorCv } = policy.forecast;
  const chosen: LineView[] = [];
  const known = (line: LineView): number => knownBy.get(line.id) ?? 0;
  for (const count of [...new Set(lines.map(known))].sort((a, b) => b - a)) {
    const left = new Map(
      lines.filter((line) => known(line) === count).map((each) => [each.id, each]),
    );
    for (;;) {
      const user = {
        userId: key,
        meanMilli: Math.round(1_000 * priorMeanPerDay),
        varianceMilli: Math.round(1_000 * (priorCv * priorMeanPerDay) ** 2),
        knownLineIds: [...left.keys()],
        ...{ lastInboundAt: null, lastOutboundAt: null, unansweredTurns: 0, chatHealth: null },
      };
      const input = { now, lineId: lostLineId, users: [user], lines, contacts: new Map(), outlook };
      const [move] = planFailover(input, policy).moves;
      const line = move && left.get(move.toLineId);
      if (!line) break;
      chosen.push(line);
      left.delete(line.id);
    }
  }
  return chosen;
}
