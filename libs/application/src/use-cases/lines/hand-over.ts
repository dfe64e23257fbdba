import { whyNoNewUsers } from '@linekeeper/domain';
import type { AssignmentRecord, FailoverRecord, LineRecord, PoolRecord, Stores } from '../../ports';
import { loadOf } from '../people/assignment-load';
import { announce, type Decision, runningDay } from '../shared';

/** People whose cards change in one transaction. */
const BATCH = 200;

/**
 * Puts the new number of a replaced line on the cards of everybody who has the old one, once the new one is in service: on
 * those of its own people first among the fallbacks, on those of others in the place of the old number. Their cards are
 * stale by that, and whoever is to be told is given the new one at their next active moment. Converges; it does one batch
 * a call. Call it under the pool's lock.
 */
export async function handOver(
  stores: Stores,
  pool: PoolRecord,
  line: LineRecord,
  { cause }: FailoverRecord,
  decision: Decision,
): Promise<number> {
  if (cause !== 'replace' || line.successorId === null) return 0;
  const successor = await stores.lines.byId(line.successorId);
  if (!successor || whyNoNewUsers(successor, decision.now) !== null) return 0;
  const holders = await stores.assignments.withoutSuccessor(line.id, successor.id, BATCH);
  for (const holder of holders) {
    const next = {
      ...holder,
      fallbackLineIds: fallbacksWith(holder, line.id, successor.id, decision),
    };
    await stores.assignments.replaceFallbacks(holder.id, next.fallbackLineIds);
    const deltas = [...loadOf(holder, -1), ...loadOf(next, 1)];
    await stores.lines.addLoad(deltas, runningDay(pool, decision), decision.now);
  }
  if (holders.length > 0) {
    await announce(stores, decision, 'line.handover', {
      lineId: line.id,
      successorId: successor.id,
      userIds: holders.map(({ userId }) => userId),
      reason: 'their card has a new number: give it to them while the old one still works',
    });
  }
  return holders.length;
}

function fallbacksWith(
  { lineId, fallbackLineIds }: AssignmentRecord,
  before: string,
  successor: string,
  { policy }: Decision,
): string[] {
  const renamed =
    lineId === before
      ? [successor, ...fallbackLineIds]
      : fallbackLineIds.map((id) => (id === before ? successor : id));
  return [...new Set(renamed)].slice(0, Math.max(1, policy.cards.numbersPerCard - 1));
}
