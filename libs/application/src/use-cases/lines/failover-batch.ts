import {
  type FailoverUser,
  type LineView,
  planFailover,
  type StrandedUser,
  whyCannotSend,
} from '@linekeeper/domain';
import type {
  AssignmentRecord,
  BudgetLedger,
  FailoverMoveRecord,
  FailoverRecord,
  PoolRecord,
  Stores,
} from '../../ports';
import {
  INTRODUCED,
  introduceElsewhere,
  isUntouched,
  moveAssignment,
  placeAgain,
  PLACED_AGAIN,
  strandAssignment,
} from '../people/move';
import { type Decision, snapshotFrom, viewsOf } from '../shared';
import { contactUses, failoverUsers, movedInMeans } from './failover-inputs';

export interface BatchReport {
  readonly moved: number;
  readonly stranded: number;
  /** Who stays on a line that is drained and still serves them, and why. */
  readonly waiting: readonly { readonly userId: string; readonly reason: StrandedUser['reason'] }[];
}

/**
 * Carries out one batch of a failover. A reservation on which nothing happened is placed once more. Whom no other
 * number serves is stranded, in sight; but a drain leaves them where they are until its deadline, while their line
 * still answers them. Call it under the pool's lock.
 */
export async function moveBatch(
  stores: Stores,
  ledger: BudgetLedger,
  failover: FailoverRecord,
  pool: PoolRecord,
  assignments: readonly AssignmentRecord[],
  decision: Decision,
): Promise<BatchReport> {
  const fleet = await viewsOf(stores, pool, decision);
  const { lines, outlook } = snapshotFrom(fleet, pool, decision);
  const own = lines.find(({ id }) => id === failover.lineId);
  const canWait = own !== undefined && mayWait(failover, own, decision);
  const known = await failoverUsers(stores, failover.lineId, pool, assignments);
  const plan = planFailover(
    {
      now: decision.now,
      zone: pool.timeZone,
      lineId: failover.lineId,
      users: canWait ? await waitingForSuccessor(stores, failover, known) : known,
      lines,
      outlook,
      contacts: await contactUses(stores, ledger, fleet, known, decision),
      movedIn: await movedInMeans(stores, known, decision),
    },
    decision.policy,
  );
  const byUser = new Map(assignments.map((each) => [each.userId, each]));
  const moves: FailoverMoveRecord[] = [];
  for (const move of plan.moves) {
    const assignment = byUser.get(move.userId);
    if (!assignment) continue;
    const moved = await moveAssignment(
      stores,
      pool,
      assignment,
      {
        toLineId: move.toLineId,
        state: assignment.state === 'reserved' ? 'reserved' : 'confirmed',
        reason: `${failover.cause}: ${move.reason}`,
        failoverId: failover.id,
      },
      decision,
    );
    if (moved)
      moves.push(moveRecord(failover, { ...move, state: 'moved', epoch: moved.epoch }, decision));
  }
  const waiting: StrandedUser[] = [];
  for (const person of plan.stranded) {
    const assignment = byUser.get(person.userId);
    if (!assignment) continue;
    const { id } = failover;
    const isNobodys = person.reason === 'no-known-number' && isUntouched(assignment);
    const introduces =
      !canWait && !assignment.pinned && decision.policy.failover.needsIntroduction !== 'hold';
    const placed = isNobodys
      ? await placeAgain(stores, pool, assignment, decision, id)
      : introduces
        ? await introduceElsewhere(stores, pool, assignment, decision, id)
        : null;
    if (placed) {
      const { lineId: toLineId, epoch } = placed;
      const reason = isNobodys ? PLACED_AGAIN : INTRODUCED;
      const how = { toLineId, epoch, state: 'moved', reason } as const;
      moves.push(moveRecord(failover, { ...QUIETLY, ...person, ...how }, decision));
    } else if (canWait) {
      waiting.push(person);
    } else if (await strandAssignment(stores, assignment, person.reason, decision, id)) {
      const epoch = assignment.epoch + 1;
      const how = { toLineId: null, epoch, state: 'needs-introduction' } as const;
      moves.push(moveRecord(failover, { ...QUIETLY, ...person, ...how }, decision));
    }
  }
  await stores.failovers.addMoves(moves);
  const moved = moves.filter(({ state }) => state === 'moved').length;
  await stores.failovers.change(
    failover.id,
    {
      usersMoved: failover.usersMoved + moved,
      usersStranded: failover.usersStranded + moves.length - moved,
      etaAt: Math.max(failover.etaAt ?? 0, plan.etaAt),
    },
    decision.now,
  );
  return { moved, stranded: moves.length - moved, waiting };
}

/**
 * Whether people may stay where they are for now: a line that rests comes back, and one that is drained or replaced serves
 * them until its deadline, unless it rests meanwhile.
 */
function mayWait(failover: FailoverRecord, own: LineView, { now }: Decision): boolean {
  if (failover.cause === 'maintenance') return own.adminState === 'maintenance';
  if (failover.cause !== 'drain' && failover.cause !== 'replace') return false;
  if (failover.deadline !== null && now >= failover.deadline) return false;
  const why = whyCannotSend(own, 'reply');
  return why === null || why === 'maintenance';
}

/** While the old number works its people go to the new one only, each once they hold it; another one is for when it must be. */
async function waitingForSuccessor(
  stores: Stores,
  { cause, lineId }: FailoverRecord,
  users: readonly FailoverUser[],
): Promise<readonly FailoverUser[]> {
  if (cause !== 'replace') return users;
  const successorId = (await stores.lines.byId(lineId))?.successorId ?? null;
  return users.map((user) => ({
    ...user,
    knownLineIds: user.knownLineIds.filter((id) => id === successorId),
  }));
}

/** We write to nobody first. */
const QUIETLY = { mode: 'pull-only', contactSlotAt: null } as const;

function moveRecord(
  failover: FailoverRecord,
  move: Pick<
    FailoverMoveRecord,
    'userId' | 'toLineId' | 'priority' | 'mode' | 'state' | 'reason' | 'contactSlotAt' | 'epoch'
  >,
  decision: Decision,
): FailoverMoveRecord {
  return {
    failoverId: failover.id,
    userId: move.userId,
    toLineId: move.toLineId,
    priority: move.priority,
    mode: move.mode,
    state: move.state,
    reason: move.reason,
    epoch: move.epoch,
    contactSlotAt: move.contactSlotAt,
    contactedAt: null,
    at: decision.now,
  };
}
