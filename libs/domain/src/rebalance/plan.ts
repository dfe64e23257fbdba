import type { FleetPolicy } from '../fleet-policy';
import { type Load, projectedUse } from '../forecast/quantile';
import { rendezvousRank } from '../kernel/hash';
import { DAY_MS, type EpochMs, HOUR_MS } from '../kernel/time';
import { whyNotUsableAsFallback } from '../line/availability';
import type { LineView } from '../placement/types';

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

const EMPTY: Load = { mean: 0, variance: 0 };
const NOBODY = { meanMilli: 0, varianceMilli: 0 };

/**
 * Proposes as little as possible: nothing while no line is beyond its cap by forecast; then to stop admitting, to
 * lower the proactive ceiling, and only then to move people who have long been silent and hold the target's
 * number. No target is filled beyond its share, and nobody moves twice within the cooldown.
 */
export function planRebalance(
  input: {
    readonly now: EpochMs;
    readonly lines: readonly LineView[];
    readonly users: readonly RebalanceUser[];
    readonly fleetUsers: number;
  },
  policy: FleetPolicy,
): RebalancePlan {
  const { now } = input;
  const { highShare, lowShare, maxUsersShare } = policy.rebalance;
  const loads = new Map(
    input.lines.map((line) => [line.id, { mean: line.meanMilli, variance: line.varianceMilli }]),
  );
  const loadOf = (lineId: string): Load => loads.get(lineId) ?? EMPTY;
  /** Projected use over the cap, with one more user if given. */
  const shareOf = (line: LineView, added = NOBODY): number => {
    const { mean, variance } = loadOf(line.id);
    const load = {
      mean: (mean + added.meanMilli) / 1_000,
      variance: (variance + added.varianceMilli) / 1_000,
    };
    return projectedUse(load, policy) / Math.max(1, line.todayCap);
  };
  const shift = (lineId: string, user: RebalanceUser, sign: 1 | -1): void => {
    const { mean, variance } = loadOf(lineId);
    loads.set(lineId, {
      mean: mean + sign * user.meanMilli,
      variance: variance + sign * user.varianceMilli,
    });
  };
  const hot = input.lines
    .filter((line) => line.managed && line.users > 0 && shareOf(line) > highShare)
    .map((line) => ({ line, share: shareOf(line) }))
    .sort((a, b) => b.share - a.share || (a.line.id < b.line.id ? -1 : 1));
  const targets = input.lines.filter((line) => whyNotUsableAsFallback(line, now) === null);
  const hotIds = new Set(hot.map(({ line }) => line.id));
  let budget = Math.floor(maxUsersShare * input.fleetUsers);
  const moves: RebalanceMove[] = [];
  const remedies: LineRemedy[] = [];
  for (const { line, share } of hot) {
    const movable = input.users
      .filter((user) => user.lineId === line.id && mayMove(user, now, policy))
      .sort((a, b) => b.meanMilli - a.meanMilli || (a.userId < b.userId ? -1 : 1));
    for (const user of movable) {
      if (budget <= 0 || shareOf(line) <= lowShare) break;
      const target = targets
        .filter(
          (candidate) => !hotIds.has(candidate.id) && user.knownLineIds.includes(candidate.id),
        )
        .map((candidate) => ({ candidate, share: shareOf(candidate, user) }))
        .filter((rated) => rated.share <= policy.rebalance.targetMaxShare)
        .sort(
          (a, b) =>
            a.share - b.share ||
            rendezvousRank(user.userId, b.candidate.id) -
              rendezvousRank(user.userId, a.candidate.id),
        )[0]?.candidate;
      if (!target) continue;
      shift(line.id, user, -1);
      shift(target.id, user, 1);
      budget -= 1;
      moves.push({
        userId: user.userId,
        fromLineId: line.id,
        toLineId: target.id,
        reason: 'long silent, and holds that number',
      });
    }
    const excess = (shareOf(line) - lowShare) * line.todayCap;
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

function mayMove(user: RebalanceUser, now: EpochMs, policy: FleetPolicy): boolean {
  if (user.pinned) return false;
  const cooledDown =
    user.lastMovedAt === null || now - user.lastMovedAt >= policy.rebalance.cooldownDays * DAY_MS;
  const idle =
    user.lastMessageAt === null || now - user.lastMessageAt >= policy.rebalance.idleHours * HOUR_MS;
  return cooledDown && idle;
}
