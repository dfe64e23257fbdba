import { MIN_LIVE_NUMBERS, owesNewCard, whyNotUsableAsFallback } from '@linekeeper/domain';
import { loadOf } from '../people/assignment-load';
import { dealCard, type DealtCard } from '../people/deal-card';
import type { AssignmentRecord, LineRecord } from '../../ports';
import {
  announce,
  changeContext,
  isFrozen,
  mayAct,
  poolOf,
  runningDay,
  snapshotOf,
} from '../shared';
import type { Workspace } from './workspace';

/**
 * Somebody who writes, and of whose numbers fewer than two are live, is dealt a new card in this conversation, because
 * it is they who began it; the app hears of it and sends the card. Their line stays, and so do the numbers they hold.
 * Who has enough costs nothing but a look at the lines at hand.
 */
export async function reIssueCard(space: Workspace, assignment: AssignmentRecord): Promise<void> {
  const { stores, decision } = space;
  if (!owes(space, assignment) || (await isFrozen(stores))) return;
  const { userId, id: assignmentId, lineId } = assignment;
  const data = { userId, assignmentId, lineId };
  if (!(await mayAct(stores, decision, 're-issue', { event: 'contact-card.owed', data }))) return;
  await space.flush();
  const pool = await poolOf(stores, assignment.poolId);
  await stores.pools.lock(pool.id);
  const current = await stores.assignments.byId(assignmentId);
  if (!current || current.state === 'released' || current.lineId !== lineId) return;
  const snapshot = await snapshotOf(stores, pool, decision);
  const request = { userId, meanMilli: current.meanMilli };
  const dealt = await dealCard(stores, pool, lineId, request, snapshot, decision);
  const next = withCard(current, dealt);
  // A pool that has no more to give owes nothing.
  if (owes(space, next)) return;
  const { explanation } = next;
  const context = changeContext(decision, 'dealt a new card: fewer than two numbers were live');
  if (!(await stores.assignments.change(current.id, current.epoch, { explanation }, context)))
    return;
  await stores.assignments.replaceFallbacks(current.id, next.fallbackLineIds);
  const deltas = [...loadOf(current, -1), ...loadOf(next, 1)];
  await stores.lines.addLoad(deltas, runningDay(pool, decision), decision.now);
  const { fallbackLineIds } = next;
  await announce(stores, decision, 'contact-card.owed', { ...data, fallbackLineIds });
  space.keepAssignment({ ...next, epoch: current.epoch + 1 });
}

/** Looks at the whole pool only for who has too few numbers. */
function owes({ linesById, decision }: Workspace, assignment: AssignmentRecord): boolean {
  const isLive = (line: LineRecord | undefined): boolean =>
    line !== undefined && whyNotUsableAsFallback(line, decision.now) === null;
  const own = [assignment.lineId, ...assignment.fallbackLineIds];
  const live = new Set(own.filter((id) => isLive(linesById.get(id))));
  if (live.size >= MIN_LIVE_NUMBERS) return false;
  for (const line of linesById.values())
    if (line.poolId === assignment.poolId && isLive(line)) live.add(line.id);
  return owesNewCard(own, live);
}

/** The plan that chose the line stays in the explanation; the card is another one. */
function withCard(current: AssignmentRecord, { fallbackLineIds, card }: DealtCard) {
  const plan = current.explanation as object | null;
  return { ...current, fallbackLineIds, explanation: { ...plan, card } };
}
