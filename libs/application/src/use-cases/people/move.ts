import type { AssignmentRecord, AssignmentState, PoolRecord, Stores } from '../../ports';
import { announce, changeContext, type Decision, note, runningDay, snapshotOf } from '../shared';
import { loadOf } from './assignment-load';
import { dealCard } from './deal-card';
import { planPlace } from './tie';

export interface Move {
  readonly toLineId: string;
  readonly state: AssignmentState;
  readonly reason: string;
  readonly failoverId?: string | undefined;
  /** For whom is placed like a newcomer: the fallbacks and the explanation of the new place. */
  readonly anew?: { readonly fallbackLineIds: readonly string[]; readonly explanation: unknown };
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
    confirmedAt: isLasting(move.state) ? (assignment.confirmedAt ?? now) : assignment.confirmedAt,
    ...(move.anew ? { explanation: move.anew.explanation } : {}),
  };
  const context = changeContext(decision, move.reason, move.failoverId);
  if (!(await stores.assignments.change(assignment.id, assignment.epoch, change, context)))
    return null;
  const fallbackLineIds =
    move.anew?.fallbackLineIds ??
    [...assignment.fallbackLineIds, assignment.lineId]
      .filter((id) => id !== move.toLineId)
      .slice(0, policy.cards.numbersPerCard - 1);
  await stores.assignments.replaceFallbacks(assignment.id, fallbackLineIds);
  const moved = { ...assignment, ...change, epoch: assignment.epoch + 1, fallbackLineIds };
  await stores.lines.addLoad(
    [...loadOf(assignment, -1), ...loadOf(moved, 1, move.anew ? 1 : 0)],
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

const isLasting = (state: AssignmentState): boolean =>
  state === 'confirmed' || state === 'overflow';

/** A reservation on which nothing was said and nothing sent: only its expiry speaks of the person. */
export function isUntouched(assignment: AssignmentRecord): boolean {
  return assignment.confirmedAt === null && assignment.firstSendAt === null;
}

/**
 * An untouched reservation of somebody who holds no number of ours is placed once more, like a newcomer, and keeps its
 * expiry and its code. Null when there is no room, or when somebody else was first. Call it under the pool's lock.
 */
export function placeAgain(
  stores: Stores,
  pool: PoolRecord,
  assignment: AssignmentRecord,
  decision: Decision,
  failoverId?: string,
): Promise<AssignmentRecord | null> {
  const how = { state: 'reserved', reason: PLACED_AGAIN, failoverId } as const;
  return placeAnew(stores, pool, assignment, how, decision);
}

/**
 * Somebody who is known to us and holds no number that serves goes to the best line there is, where the policy lets it be a
 * stranger to them. Null as above.
 */
export function introduceElsewhere(
  stores: Stores,
  pool: PoolRecord,
  assignment: AssignmentRecord,
  decision: Decision,
  failoverId?: string,
): Promise<AssignmentRecord | null> {
  const state = assignment.confirmedAt === null ? 'reserved' : 'confirmed';
  return placeAnew(stores, pool, assignment, { state, reason: INTRODUCED, failoverId }, decision);
}

async function placeAnew(
  stores: Stores,
  pool: PoolRecord,
  assignment: AssignmentRecord,
  how: Pick<Move, 'state' | 'reason' | 'failoverId'>,
  decision: Decision,
): Promise<AssignmentRecord | null> {
  const user = await stores.users.byId(assignment.userId);
  if (!user) return null;
  const snapshot = await snapshotOf(stores, pool, decision);
  const plan = planPlace(user, snapshot, decision);
  const best = plan.kind === 'placed' ? plan.candidates[0] : undefined;
  if (!best) return null;
  const { request } = plan.inputs;
  const dealt = await dealCard(stores, pool, best.lineId, request, snapshot, decision);
  const anew = {
    fallbackLineIds: dealt.fallbackLineIds,
    explanation: { ...plan, card: dealt.card },
  };
  return moveAssignment(
    stores,
    pool,
    assignment,
    { ...how, toLineId: best.lineId, anew },
    decision,
  );
}

/** Why somebody was moved to a number that they do not hold. */
export const INTRODUCED =
  'no number they hold serves: introduced from another line, as the policy says';

export const PLACED_AGAIN = 'placed again: nothing had been said or sent on the line that was lost';

/**
 * Nobody is dropped silently: a user whom no number of ours serves stands in a list of their own, at once. A
 * reservation still expires when nobody comes for it.
 */
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
    { state: 'needs-introduction', needsIntroductionSince: decision.now, escalatedHours: 0 },
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
