import {
  HOUR_MS,
  invariant,
  LineDraw,
  loadMilliOf,
  type LoadMilli,
  startRate,
  type UserPrior,
} from '@linekeeper/domain';
import type {
  AssignmentChange,
  AssignmentRecord,
  AssignmentState,
  ChangeContext,
  PoolRecord,
  Stores,
  UserRecord,
} from '../../ports';
import {
  announce,
  changeContext,
  type Decision,
  forNewcomers,
  lastFour,
  note,
  type PlacementSnapshot,
  runningDay,
} from '../shared';
import { loadOf } from './assignment-load';
import { dealCard, type DealtCard } from './deal-card';
import { explained, type ExplainedPlan } from './explain-placement';

/** Where a user is to stand, and how that was found out. */
export interface Tie {
  readonly lineId: string;
  readonly state: AssignmentState;
  readonly startedBy: 'inbound' | 'outbound';
  readonly explanation: ExplainedPlan;
}

/** The same with the load the user is expected to bring, and the card they get. */
interface DealtTie extends Tie, LoadMilli {
  readonly dealt: DealtCard;
}

/** The load a user is expected to put on a line. */
export function expectedLoad(
  user: Pick<UserRecord, 'expectedPerDay'>,
  { policy }: Decision,
  prior: UserPrior,
): LoadMilli {
  return loadMilliOf(startRate(policy, user.expectedPerDay, prior), policy, prior);
}

/** The lines of a snapshot, ready for one newcomer after the other. */
export function drawOf(snapshot: PlacementSnapshot, { policy }: Decision): LineDraw {
  return new LineDraw(forNewcomers(snapshot), policy);
}

/** Runs placement for a user, on the lines that are drawn for them or on the given ones only. */
export function planPlace(
  user: Pick<UserRecord, 'id' | 'expectedPerDay'>,
  snapshot: PlacementSnapshot,
  decision: Decision,
  onlyLineIds?: readonly string[],
  draw = drawOf(snapshot, decision),
): ExplainedPlan {
  const request = {
    userId: user.id,
    ...expectedLoad(user, decision, snapshot.prior),
    ...(onlyLineIds === undefined ? {} : { onlyLineIds }),
  };
  const { plan, looked: lines } = draw.place(request);
  return explained(plan, request, { ...forNewcomers(snapshot), lines }, decision);
}

/**
 * Ties a user to a line: a new assignment, or a released one that comes back with a higher epoch. Call it under
 * the pool's lock. The line's sums move in the same transaction.
 */
export async function tieUser(
  stores: Stores,
  pool: PoolRecord,
  user: UserRecord,
  tie: Tie,
  snapshot: PlacementSnapshot,
  decision: Decision,
): Promise<AssignmentRecord> {
  const load = expectedLoad(user, decision, snapshot.prior);
  const request = { userId: user.id, ...load };
  const dealt = await dealCard(stores, pool, tie.lineId, request, snapshot, decision);
  const earlier = await stores.assignments.of(user.id, pool.id);
  const fresh = placeOf(pool, user, { ...tie, ...load, dealt }, earlier, decision);
  const context = tieContext(tie, decision);
  if (earlier) {
    invariant(earlier.state === 'released', 'only a released assignment is tied again');
    const changed = await stores.assignments.change(
      earlier.id,
      earlier.epoch,
      anew(fresh),
      context,
    );
    invariant(changed, 'a released assignment changes only under the lock of its pool');
    await stores.assignments.replaceFallbacks(earlier.id, fresh.fallbackLineIds);
  } else {
    const inserted = await stores.assignments.insert(fresh, context);
    invariant(inserted, 'an assignment is only made under the lock of its pool');
  }
  await stores.lines.addLoad(loadOf(fresh, 1, 1), runningDay(pool, decision), decision.now);
  await stores.waitList.leave(user.id, pool.id);
  noteTie(stores, fresh, tie, dealt, snapshot, decision);
  return fresh;
}

/** The row of a new tie: a first one, or the next of a person who was let go `earlier`. */
export function placeOf(
  pool: Pick<PoolRecord, 'id'>,
  user: Pick<UserRecord, 'id'>,
  { lineId, state, startedBy, explanation, dealt, meanMilli, varianceMilli }: DealtTie,
  earlier: AssignmentRecord | null,
  { now, policy, policyVersion, newId }: Decision,
): AssignmentRecord {
  const { inboundHours, outboundHours } = policy.reservations;
  const hours = startedBy === 'inbound' ? inboundHours : outboundHours;
  const reserved = state === 'reserved';
  return {
    id: earlier?.id ?? newId(),
    poolId: pool.id,
    userId: user.id,
    lineId,
    epoch: earlier ? earlier.epoch + 1 : 1,
    state,
    startedBy,
    expiresAt: reserved ? now + hours * HOUR_MS : null,
    firstSendAt: null,
    confirmedAt: reserved ? null : now,
    pinned: false,
    meanMilli,
    varianceMilli,
    policyVersion,
    explanation: { ...explanation, card: dealt.card },
    needsIntroductionSince: null,
    escalatedHours: 0,
    lastMovedAt: null,
    createdAt: earlier?.createdAt ?? now,
    updatedAt: now,
    fallbackLineIds: dealt.fallbackLineIds,
  };
}

/** What the history says of a new tie. */
export function tieContext({ state }: Pick<Tie, 'state'>, decision: Decision): ChangeContext {
  return changeContext(decision, state === 'reserved' ? 'placed' : `bound: ${state}`);
}

/** Tells a new tie to the log and the metrics. */
export function noteTie(
  stores: Stores,
  fresh: AssignmentRecord,
  tie: Tie,
  dealt: DealtCard,
  { lines }: PlacementSnapshot,
  decision: Decision,
): void {
  const line = lines.find(({ id }) => id === tie.lineId);
  note(stores, decision, {
    kind: 'placement',
    outcome: tie.state,
    userId: fresh.userId,
    lineId: tie.lineId,
    ...(line ? { line: lastFour(line.phoneNumber) } : {}),
    reasons: [tieContext(tie, decision).reason],
    inputs: {
      startedBy: tie.startedBy,
      meanPerDay: fresh.meanMilli / 1_000,
      fallbackLineIds: fresh.fallbackLineIds,
      cardId: dealt.card?.cardId ?? null,
      plan: shortPlan(tie.explanation),
    },
  });
}

/** The best candidates, and how many lines each reason removed: the whole plan is kept with the assignment. */
function shortPlan(plan: ExplainedPlan): object {
  const removed: Record<string, number> = {};
  for (const { reason } of plan.removed) removed[reason] = (removed[reason] ?? 0) + 1;
  return { candidates: plan.kind === 'placed' ? plan.candidates.slice(0, 3) : [], removed };
}

/** All of a fresh tie that takes the place of a released one; the rest the store keeps by itself. */
function anew(fresh: AssignmentRecord): AssignmentChange {
  return {
    lineId: fresh.lineId,
    state: fresh.state,
    startedBy: fresh.startedBy,
    expiresAt: fresh.expiresAt,
    firstSendAt: fresh.firstSendAt,
    confirmedAt: fresh.confirmedAt,
    pinned: fresh.pinned,
    meanMilli: fresh.meanMilli,
    varianceMilli: fresh.varianceMilli,
    needsIntroductionSince: fresh.needsIntroductionSince,
    lastMovedAt: fresh.lastMovedAt,
    explanation: fresh.explanation,
  };
}

/** Gives the capacity of an assignment back. Call it under the pool's lock. False when someone was first. */
export async function releaseAssignment(
  stores: Stores,
  pool: PoolRecord,
  assignment: AssignmentRecord,
  reason: string,
  decision: Decision,
): Promise<boolean> {
  const changed = await stores.assignments.change(
    assignment.id,
    assignment.epoch,
    { state: 'released', expiresAt: null, needsIntroductionSince: null },
    changeContext(decision, reason),
  );
  if (!changed) return false;
  await stores.lines.addLoad(loadOf(assignment, -1), runningDay(pool, decision), decision.now);
  return true;
}

/**
 * The first message seen on the line makes a reservation lasting; one that waits for an introduction goes on waiting,
 * but does not expire any more. Idempotent.
 */
export async function confirmAssignment(
  stores: Stores,
  assignment: AssignmentRecord,
  reason: string,
  decision: Decision,
): Promise<AssignmentRecord> {
  const waits = assignment.state === 'needs-introduction' && assignment.confirmedAt === null;
  if (assignment.state !== 'reserved' && !waits) return assignment;
  const state = waits ? assignment.state : 'confirmed';
  const change = { state, confirmedAt: decision.now, expiresAt: null } as const;
  const context = changeContext(decision, reason);
  if (!(await stores.assignments.change(assignment.id, assignment.epoch, change, context))) {
    return (await stores.assignments.byId(assignment.id)) ?? assignment;
  }
  if (!waits) {
    await announce(stores, decision, 'assignment.confirmed', {
      userId: assignment.userId,
      assignmentId: assignment.id,
      lineId: assignment.lineId,
      reason,
    });
  }
  return { ...assignment, ...change, epoch: assignment.epoch + 1 };
}
