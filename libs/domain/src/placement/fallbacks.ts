import type { FleetPolicy } from '../fleet-policy';
import { rendezvousRank } from '../kernel/hash';
import { whyNotUsableAsFallback } from '../line/availability';
import { isRamping } from '../ramp/cap';
import type { FleetSnapshot, LineView } from './types';

/**
 * The backups of a user, in the order they stand on the card: usable lines other than the primary, those with the
 * fewest people relying on them first, so that the loss of any line spreads over all the others. A small pool
 * gives fewer. Ties fall by rendezvous rank.
 */
export function chooseFallbacks(
  primaryLineId: string,
  userId: string,
  snapshot: FleetSnapshot,
  policy: FleetPolicy,
): string[] {
  const wanted = policy.cards.numbersPerCard - 1;
  return snapshot.lines
    .filter((line) => line.id !== primaryLineId)
    .filter((line) => whyNotUsableAsFallback(line, snapshot.now) === null)
    .map((line) => ({ line, reliance: reliance(line), ramping: isRamping(line, policy) }))
    .sort(
      (a, b) =>
        a.reliance - b.reliance ||
        Number(a.ramping) - Number(b.ramping) ||
        rendezvousRank(userId, b.line.id) - rendezvousRank(userId, a.line.id),
    )
    .slice(0, wanted)
    .map(({ line }) => line.id);
}

/** People who would come here if their line were lost, for each message a day the line may carry. */
function reliance(line: LineView): number {
  return line.fallbackUsers / Math.max(1, line.todayCap);
}
