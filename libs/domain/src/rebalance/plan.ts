import type { FleetPolicy } from '../fleet-policy';
import type { DayRisk } from '../forecast/fleet-day';
import { rendezvousRank } from '../kernel/hash';
import { DAY_MS, type EpochMs, HOUR_MS } from '../kernel/time';
import { whyNotUsableAsFallback } from '../line/availability';
import type { LineView } from '../placement/types';
import { RelievingFirst } from './relieving-first';
import { Tally } from './tally';

export interface RebalanceUser {
  readonly userId: string;
  readonly lineId: string;
  readonly meanMilli: number;
  readonly varianceMilli: number;
  readonly knownLineIds: readonly string[];
  readonly lastMessageAt: EpochMs | null;
  readonly lastMovedAt: EpochMs | null;
  readonly pinned: boolean;
}

export interface RebalanceMove {
  readonly userId: string;
  readonly fromLineId: string;
  readonly toLineId: string;
  readonly reason: string;
}

/** What is proposed for one line beyond its cap, in the order of the remedies. */
export interface LineRemedy {
  readonly lineId: string;
  /** Projected use over today's cap. */
  readonly share: number;
  readonly stopAdmission: true;
  readonly lowerProactiveCeiling: true;
  readonly usersThatMayMove: number;
  /** Messages a day by which it stays above the low mark after the moves. */
  readonly remaining: number;
}

export interface RebalancePlan {
  readonly remedies: readonly LineRemedy[];
  readonly moves: readonly RebalanceMove[];
}

/** What a plan is made from. */
export interface RebalanceInput {
  readonly now: EpochMs;
  readonly lines: readonly LineView[];
  readonly users: readonly RebalanceUser[];
  readonly fleetUsers: number;
  /** What the fleet's days are like; without it the policy's assumption counts. */
  readonly outlook?: DayRisk;
}

/**
 * Proposes as little as possible: nothing while no line is beyond its cap by forecast; then to stop admitting, to
 * lower the proactive ceiling, and only then to move people who have long been silent and hold the target's
 * number. No target is filled beyond its share, and nobody moves twice within the cooldown.
 */
export function planRebalance(input: RebalanceInput, policy: FleetPolicy): RebalancePlan {
  const { now } = input;
  const { highShare, lowShare, maxUsersShare } = policy.rebalance;
  const tallies = input.lines.map((line) => new Tally(line, policy, input.outlook));
  const hot = tallies
    .filter((tally) => tally.line.managed && tally.line.users > 0 && tally.share() > highShare)
    .map((tally) => ({ tally, share: tally.share(), movable: new Array<RebalanceUser>() }))
    .sort((a, b) => b.share - a.share || (a.tally.line.id < b.tally.line.id ? -1 : 1));
  const movableOf = new Map(hot.map(({ tally, movable }) => [tally.line.id, movable]));
  const targets = new Map(
    tallies
      .filter(({ line }) => !movableOf.has(line.id) && whyNotUsableAsFallback(line, now) === null)
      .map((tally) => [tally.line.id, tally]),
  );
  // One pass over the users; those of other lines cost no more than a look.
  for (const user of hot.length > 0 ? input.users : []) {
    const movable = movableOf.get(user.lineId);
    if (movable && mayMove(user, now, policy)) movable.push(user);
  }
  let budget = Math.floor(maxUsersShare * input.fleetUsers);
  const moves: RebalanceMove[] = [];
  const remedies: LineRemedy[] = [];
  for (const { tally, share, movable } of hot) {
    const { line } = tally;
    const queue = new RelievingFirst(movable, now);
    while (budget > 0 && tally.share() > lowShare) {
      const user = queue.next((tally.share() - lowShare) * tally.cap);
      if (!user) break;
      const [best] = user.knownLineIds
        .flatMap((id) => targets.get(id) ?? [])
        .map((target) => ({ target, share: target.share(user) }))
        .filter((rated) => rated.share <= policy.rebalance.targetMaxShare)
        .sort((a, b) => a.share - b.share || tie(user, b.target) - tie(user, a.target));
      if (!best) continue;
      tally.shift(user, -1);
      best.target.shift(user, 1);
      budget -= 1;
      moves.push({
        userId: user.userId,
        fromLineId: line.id,
        toLineId: best.target.line.id,
        reason: 'long silent, and holds that number',
      });
    }
    const excess = (tally.share() - lowShare) * tally.cap;
    remedies.push({
      lineId: line.id,
      share,
      stopAdmission: true,
      lowerProactiveCeiling: true,
      usersThatMayMove: movable.length,
      remaining: Math.max(0, Math.round(excess)),
    });
  }
  return { remedies, moves };
}

const tie = (user: RebalanceUser, { line }: Tally): number => rendezvousRank(user.userId, line.id);

/** Whether a user may be moved for the balance at all: not pinned, long silent, not moved lately. */
export function mayMove(user: RebalanceUser, now: EpochMs, policy: FleetPolicy): boolean {
  if (user.pinned) return false;
  const cooledDown =
    user.lastMovedAt === null || now - user.lastMovedAt >= policy.rebalance.cooldownDays * DAY_MS;
  const idle =
    user.lastMessageAt === null || now - user.lastMessageAt >= policy.rebalance.idleHours * HOUR_MS;
  return cooledDown && idle;
}
