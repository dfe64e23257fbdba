import { Injectable } from '@nestjs/common';
import { MINUTE_MS, planFailover } from '@linekeeper/domain';
import { automation } from '../../actor';
import {
  type AssignmentRecord,
  BudgetLedger,
  type FailoverMoveRecord,
  type FailoverRecord,
  type PoolRecord,
  type Stores,
  UnitOfWork,
} from '../../ports';
import { moveAssignment, strandAssignment } from '../people/move';
import {
  announce,
  type Decision,
  Decisions,
  isFrozen,
  lineOr404,
  poolOf,
  viewsOf,
} from '../shared';
import { contactUses, failoverUsers } from './failover-inputs';
import { RescueStranded } from './rescue-stranded';

export interface FailoverReport {
  readonly moved: number;
  readonly stranded: number;
  readonly rescued: number;
  readonly escalated: number;
  readonly completed: number;
}

/** A drain with a deadline is spread over the runs that are left until then. */
const DRAIN_RUN_MS = 5 * MINUTE_MS;

/**
 * Moves the users of lost lines, batch by batch, each batch in one transaction under the pool's lock. Everything
 * it needs stands in the database: killed at any point, the next run goes on where it stopped, and two runs at
 * once do what one would have done. While the fleet is frozen it only waits.
 */
@Injectable()
export class RunFailovers {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly ledger: BudgetLedger,
    private readonly rescueStranded: RescueStranded,
  ) {}

  /** Runs when a failover began, or was resumed, and nobody has taken it up yet, whoever began it. Cheap when none did. */
  async takeUp(): Promise<void> {
    const { now } = await this.decisions.begin(automation('run-failovers'));
    if (await this.unitOfWork.read.failovers.takeUp(now)) await this.execute();
  }

  async execute(lastRunAt: number | null = null): Promise<FailoverReport> {
    const total = { moved: 0, stranded: 0, completed: 0 };
    const running = await this.unitOfWork.read.failovers.list({
      limit: 1_000,
      states: ['running'],
    });
    for (const failover of running.reverse()) {
      for (;;) {
        const step = await this.step(failover.id);
        total.moved += step.moved;
        total.stranded += step.stranded;
        if (step.completed) total.completed += 1;
        if (!step.more) break;
      }
    }
    const { rescued, escalated } = await this.rescueStranded.execute(lastRunAt);
    return { ...total, rescued, escalated };
  }

  private async step(
    id: string,
  ): Promise<{ moved: number; stranded: number; more: boolean; completed: boolean }> {
    const decision = await this.decisions.begin(automation('run-failovers'));
    return this.unitOfWork.run(async (stores) => {
      const nothing = { moved: 0, stranded: 0, more: false, completed: false };
      if (await isFrozen(stores)) return nothing;
      const before = await stores.failovers.byId(id);
      if (before?.state !== 'running') return nothing;
      const line = await lineOr404(stores, before.lineId);
      const pool = await poolOf(stores, line.poolId);
      await stores.pools.lock(pool.id);
      const failover = await stores.failovers.byId(id);
      if (failover?.state !== 'running') return nothing;
      const size = batchSize(failover, line.users, decision);
      const users = await stores.assignments.toMove(line.id, size);
      if (users.length === 0) {
        await this.complete(stores, failover, decision);
        return { ...nothing, completed: true };
      }
      const { moved, stranded } = await this.batch(stores, failover, pool, users, decision);
      const paced = failover.cause === 'drain' && failover.deadline !== null;
      return { moved, stranded, more: !paced, completed: false };
    });
  }

  private async batch(
    stores: Stores,
    failover: FailoverRecord,
    pool: PoolRecord,
    assignments: readonly AssignmentRecord[],
    decision: Decision,
  ): Promise<{ moved: number; stranded: number }> {
    const lines = await viewsOf(stores, pool, decision);
    const plan = planFailover(
      {
        now: decision.now,
        lineId: failover.lineId,
        users: await failoverUsers(stores, failover.lineId, pool, assignments),
        lines,
        contacts: await contactUses(stores, this.ledger, lines, decision.now),
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
    for (const { userId, priority, reason } of plan.stranded) {
      const assignment = byUser.get(userId);
      if (
        !assignment ||
        !(await strandAssignment(stores, assignment, reason, decision, failover.id))
      )
        continue;
      const stranded = {
        userId,
        priority,
        reason,
        toLineId: null,
        mode: 'pull-only',
        contactSlotAt: null,
        state: 'needs-introduction',
        epoch: assignment.epoch + 1,
      } as const;
      moves.push(moveRecord(failover, stranded, decision));
    }
    await stores.failovers.addMoves(moves);
    const moved = moves.filter(({ state }) => state === 'moved').length;
    const stranded = moves.length - moved;
    await stores.failovers.change(
      failover.id,
      {
        usersMoved: failover.usersMoved + moved,
        usersStranded: failover.usersStranded + stranded,
        etaAt: Math.max(failover.etaAt ?? 0, plan.etaAt),
      },
      decision.now,
    );
    return { moved, stranded };
  }

  private async complete(
    stores: Stores,
    failover: FailoverRecord,
    decision: Decision,
  ): Promise<void> {
    await stores.failovers.change(
      failover.id,
      { state: 'completed', finishedAt: decision.now },
      decision.now,
    );
    await announce(stores, decision, 'failover.completed', {
      failoverId: failover.id,
      lineId: failover.lineId,
      usersMoved: failover.usersMoved,
      usersStranded: failover.usersStranded,
      etaAt: failover.etaAt === null ? null : new Date(failover.etaAt).toISOString(),
    });
  }
}

function batchSize(failover: FailoverRecord, usersLeft: number, decision: Decision): number {
  const { batchSize: most } = decision.policy.failover;
  if (failover.cause !== 'drain' || failover.deadline === null) return most;
  const runsLeft = Math.max(1, Math.floor((failover.deadline - decision.now) / DRAIN_RUN_MS));
  return Math.min(most, Math.max(1, Math.ceil(usersLeft / runsLeft)));
}

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
