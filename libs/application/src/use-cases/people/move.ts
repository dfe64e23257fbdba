import type { AssignmentRecord, AssignmentState, PoolRecord, Stores } from '../../ports';
import { announce, changeContext, type Decision, note, runningDay } from '../shared';
import { loadOf } from './assignment-load';

export interface Move {
  readonly toLineId: string;
  readonly state: AssignmentState;
  readonly reason: string;
  readonly failoverId?: string;
}

/**
 * Moves a user to another line, by compare and set on the epoch: of two movers one wins, and null tells the other.
 * The line that is left becomes a fallback: its number stays on the card this person holds. Call it under the
 * pool's lock.
 */
export async function moveAssignment(
  stores: Stores,
  pool: PoolRecord,
  assignment: AssignmentRecord,
  move: Move,
  decision: Decision,
): Promise<AssignmentRecord | null> {
  const { now, policy } = decision;
  const change = {
    lineId: move.toLineId,
    state: move.state,
    lastMovedAt: now,
    needsIntroductionSince: null,
    expiresAt: move.state === 'reserved' ? assignment.expiresAt : null,
  };
  const context = changeContext(decision, move.reason, move.failoverId);
  if (!(await stores.assignments.change(assignment.id, assignment.epoch, change, context)))
    return null;
  const fallbackLineIds = [...assignment.fallbackLineIds, assignment.lineId]
    .filter((id) => id !== move.toLineId)
    .slice(0, policy.cards.numbersPerCard - 1);
  await stores.assignments.replaceFallbacks(assignment.id, fallbackLineIds);
  const moved = { ...assignment, ...change, epoch: assignment.epoch + 1, fallbackLineIds };
  await stores.lines.addLoad(
    [...loadOf(assignment, -1), ...loadOf(moved, 1)],
    runningDay(pool, decision),
    now,
  );
  await announce(stores, decision, 'assignment.moved', {
    userId: moved.userId,
    assignmentId: moved.id,
    fromLineId: assignment.lineId,
    toLineId: moved.lineId,
    epoch: moved.epoch,
    reason: move.reason,
    ...(move.failoverId === undefined ? {} : { failoverId: move.failoverId }),
  });
  note(stores, decision, {
    kind: 'move',
    outcome: 'moved',
    userId: moved.userId,
    lineId: moved.lineId,
    reasons: [move.reason],
    inputs: {
      cause: move.failoverId === undefined ? 'other' : 'failover',
      fromLineId: assignment.lineId,
      epoch: moved.epoch,
      state: moved.state,
      failoverId: move.failoverId,
    },
  });
  return moved;
}

/** Nobody is dropped silently: a user whom no number of ours serves stands in a list of their own, at once. */
export async function strandAssignment(
  stores: Stores,
  assignment: AssignmentRecord,
  reason: string,
  decision: Decision,
  failoverId?: string,
): Promise<boolean> {
  const changed = await stores.assignments.change(
    assignment.id,
    assignment.epoch,
    { state: 'needs-introduction', needsIntroductionSince: decision.now, expiresAt: null },
    changeContext(decision, reason, failoverId),
  );
  if (changed) {
    await announce(stores, decision, 'assignment.needs-introduction', {
      userId: assignment.userId,
      assignmentId: assignment.id,
      lineId: assignment.lineId,
      reason,
    });
    note(stores, decision, {
      kind: 'move',
      outcome: 'needs-introduction',
      userId: assignment.userId,
      lineId: assignment.lineId,
      reasons: [reason],
      inputs: { cause: failoverId === undefined ? 'other' : 'failover', failoverId },
    });
  }
  return changed;
}
