import type { FleetPolicy } from '../fleet-policy';
import { type EpochMs } from '../kernel/time';
import { whyNotUsableAsFallback } from '../line/availability';
import { mayMove, type RebalanceInput, type RebalanceMove, type RebalanceUser } from './plan';
import { Tally } from './tally';

export const SKIPPED_BECAUSE = [
  'moved-meanwhile',
  'not-movable-now',
  'number-not-held',
  'line-relieved',
  'target-unusable',
  'target-full',
  'daily-limit',
] as const;
export type SkippedBecause = (typeof SKIPPED_BECAUSE)[number];

export interface CheckedMoves {
  readonly moves: readonly (RebalanceMove & { readonly user: RebalanceUser })[];
  readonly skipped: readonly { readonly userId: string; readonly because: SkippedBecause }[];
}

/**
 * Which of the moves that were proposed may still be made, looked at one after the other over the lines as they are now:
 * a plan is never carried out blindly. `movedToday` counts the users that rebalancing has moved in the last 24 hours.
 */
export function stillGood(
  proposed: readonly RebalanceMove[],
  input: RebalanceInput & { readonly now: EpochMs; readonly movedToday: number },
  policy: FleetPolicy,
): CheckedMoves {
  const { lowShare, targetMaxShare, maxUsersShare } = policy.rebalance;
  const tallies = new Map(
    input.lines.map((line) => [line.id, new Tally(line, policy, input.outlook)]),
  );
  const users = new Map(input.users.map((user) => [user.userId, user]));
  let budget = Math.floor(maxUsersShare * input.fleetUsers) - input.movedToday;
  const moves: CheckedMoves['moves'][number][] = [];
  const skipped: CheckedMoves['skipped'][number][] = [];

  const why = (move: RebalanceMove, user: RebalanceUser): SkippedBecause | null => {
    const from = tallies.get(move.fromLineId);
    const to = tallies.get(move.toLineId);
    if (!from || user.lineId !== move.fromLineId) return 'moved-meanwhile';
    if (!mayMove(user, input.now, policy)) return 'not-movable-now';
    if (!user.knownLineIds.includes(move.toLineId)) return 'number-not-held';
    if (from.share() <= lowShare) return 'line-relieved';
    if (!to || whyNotUsableAsFallback(to.line, input.now) !== null) return 'target-unusable';
    if (to.share(user) > targetMaxShare) return 'target-full';
    return budget <= 0 ? 'daily-limit' : null;
  };

  for (const move of proposed) {
    const user = users.get(move.userId);
    if (!user) {
      skipped.push({ userId: move.userId, because: 'moved-meanwhile' });
      continue;
    }
    const because = why(move, user);
    if (because !== null) {
      skipped.push({ userId: move.userId, because });
      continue;
    }
    tallies.get(move.fromLineId)?.shift(user, -1);
    tallies.get(move.toLineId)?.shift(user, 1);
    // Nobody moves twice, even if a plan says so.
    users.delete(move.userId);
    budget -= 1;
    moves.push({ ...move, user });
  }
  return { moves, skipped };
}
