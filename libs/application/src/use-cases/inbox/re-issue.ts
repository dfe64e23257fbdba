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

/** Somebody writes: whether they are owed a card is a look at the lines at hand, and what follows is done for all together. */
export function noteOwedCard(space: Workspace, assignment: AssignmentRecord): void {
  if (owes(space, assignment)) space.noteOwing(assignment);
}

/**
 * Somebody who writes, and of whose numbers fewer than two are live, is dealt a new card in this conversation, because
 * it is they who began it; the app hears of it and sends the card. Their line stays, and so do the numbers they hold.
 * Of all who wrote, under one look at their pool, each with those before them.
 */
export async function reIssueCards(space: Workspace): Promise<void> {
  const owing = space.takeOwing().filter((assignment) => owes(space, assignment));
  if (owing.length === 0 || (await isFrozen(space.stores))) return;
  const dealtTo: AssignmentRecord[] = [];
  for (const assignment of owing) {
    const { userId, id: assignmentId, lineId } = assignment;
    const wouldBe = { event: 'contact-card.owed', data: { userId, assignmentId, lineId } } as const;
    if (await mayAct(space.stores, space.decision, 're-issue', wouldBe)) dealtTo.push(assignment);
  }
  if (dealtTo.length === 0) return;
  const poolIds = [...new Set(dealtTo.map(({ poolId }) => poolId))];
  space.needsPools(poolIds);
  await space.flush();
  for (const poolId of poolIds) {
    await dealIn(
      space,
      poolId,
      dealtTo.filter((assignment) => assignment.poolId === poolId),
    );
  }
}

async function dealIn(
  space: Workspace,
  poolId: string,
  owing: readonly AssignmentRecord[],
): Promise<void> {
  const { stores, decision } = space;
  const pool = await poolOf(stores, poolId);
  const seen = await snapshotOf(stores, pool, decision);
  const lines = seen.lines.map((line) => ({ ...line }));
  const snapshot = { ...seen, lines };
  const byId = new Map(lines.map((line) => [line.id, line]));
  for (const { id } of owing) {
    const current = await stores.assignments.byId(id);
    if (!current || current.state === 'released') continue;
    const { userId, lineId } = current;
    const request = { userId, meanMilli: current.meanMilli };
    const dealt = await dealCard(stores, pool, lineId, request, snapshot, decision);
    const next = withCard(current, dealt);
    // A pool that has no more to give owes nothing.
    if (owes(space, next)) continue;
    const { explanation, fallbackLineIds } = next;
    const context = changeContext(decision, 'dealt a new card: fewer than two numbers were live');
    if (!(await stores.assignments.change(id, current.epoch, { explanation }, context))) continue;
    await stores.assignments.replaceFallbacks(id, fallbackLineIds);
    const deltas = [...loadOf(current, -1), ...loadOf(next, 1)];
    await stores.lines.addLoad(deltas, runningDay(pool, decision), decision.now);
    for (const delta of deltas) {
      const line = byId.get(delta.lineId);
      if (line) line.fallbackUsers += delta.fallbackUsers;
    }
    const data = { userId, assignmentId: id, lineId, fallbackLineIds };
    await announce(stores, decision, 'contact-card.owed', data);
    space.keepAssignment({ ...next, epoch: current.epoch + 1 });
  }
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
