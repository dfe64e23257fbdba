import { Injectable } from '@nestjs/common';
import {
  type ContactUse,
  DAY_MS,
  type FailoverUser,
  HOUR_MS,
  type LineView,
  MINUTE_MS,
  planFailover,
  whyCannotSend,
} from '@linekeeper/domain';
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
  changeContext,
  type Decision,
  Decisions,
  lineOr404,
  poolOf,
  viewsOf,
} from '../shared';

export interface FailoverReport {
  readonly moved: number;
  readonly stranded: number;
  readonly rescued: number;
  readonly escalated: number;
  readonly completed: number;
}

/** A drain with a deadline is spread over the runs that are left until then. */
const DRAIN_RUN_MS = 5 * MINUTE_MS;
/** Users in needs-introduction are looked at again so many at a time. */
const RESCUE_BATCH = 200;
const ESCALATE_AFTER_MS = [4 * HOUR_MS, 24 * HOUR_MS];

/**
 * Moves the users of lost lines, batch by batch, each batch in one transaction under the pool's lock. Everything
 * it needs stands in the database: killed at any point, the next run goes on where it stopped, and two runs at
 * once do what one would have done.
 */
@Injectable()
export class RunFailovers {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly ledger: BudgetLedger,
  ) {}

  async execute(lastRunAt: number | null = null): Promise<FailoverReport> {
    const total = { moved: 0, stranded: 0, rescued: 0, escalated: 0, completed: 0 };
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
    total.rescued = await this.rescue();
    total.escalated = await this.escalate(lastRunAt);
    return total;
  }

  private async step(
    id: string,
  ): Promise<{ moved: number; stranded: number; more: boolean; completed: boolean }> {
    const decision = await this.decisions.begin(automation('run-failovers'));
    return this.unitOfWork.run(async (stores) => {
      const nothing = { moved: 0, stranded: 0, more: false, completed: false };
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
        contacts: await this.contacts(stores, lines, decision),
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

  /** First contacts that each target has made lately or has promised already. */
  private async contacts(
    stores: Stores,
    lines: readonly LineView[],
    decision: Decision,
  ): Promise<Map<string, ContactUse>> {
    const ids = lines.map(({ id }) => id);
    const [uses, slots] = await Promise.all([
      this.ledger.usage(ids, decision.now),
      stores.failovers.openSlots(ids, decision.now - DAY_MS),
    ]);
    return new Map(
      ids.map((id) => [
        id,
        {
          last24h: uses.get(id)?.newConversations24h ?? 0,
          lastHour: uses.get(id)?.newConversationsHour ?? 0,
          scheduled: slots.filter(({ lineId }) => lineId === id).map(({ at }) => at),
        },
      ]),
    );
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

  /** People whom nothing served may be served now: their own line came back, or another one of theirs has room. */
  private async rescue(): Promise<number> {
    let rescued = 0;
    let after: string | undefined;
    for (;;) {
      const decision = await this.decisions.begin(automation('run-failovers'));
      const page = { limit: RESCUE_BATCH, ...(after === undefined ? {} : { after }) };
      const waiting = await this.unitOfWork.read.assignments.inState('needs-introduction', page);
      rescued += await this.rescueSome(waiting, decision);
      after = waiting.at(-1)?.id;
      if (waiting.length < RESCUE_BATCH) return rescued;
    }
  }

  private async rescueSome(
    waiting: readonly AssignmentRecord[],
    decision: Decision,
  ): Promise<number> {
    if (waiting.length === 0) return 0;
    const environment = await this.unitOfWork.read.environment.get();
    if (environment?.actuators.failover !== 'auto' || environment.frozenAt !== null) return 0;
    return this.unitOfWork.run(async (stores) => {
      let rescued = 0;
      for (const poolId of new Set(waiting.map((each) => each.poolId))) {
        const pool = await poolOf(stores, poolId);
        await stores.pools.lock(poolId);
        const lines = await viewsOf(stores, pool, decision);
        for (const lineId of new Set(waiting.map((each) => each.lineId))) {
          const users = waiting.filter((each) => each.poolId === poolId && each.lineId === lineId);
          const own = lines.find(({ id }) => id === lineId);
          if (own && whyCannotSend(own, 'reply') === null) {
            rescued += await returnHome(stores, users, decision);
          } else {
            rescued += await this.moveRescued(stores, pool, lineId, users, lines, decision);
          }
        }
      }
      return rescued;
    });
  }

  private async moveRescued(
    stores: Stores,
    pool: PoolRecord,
    lineId: string,
    users: readonly AssignmentRecord[],
    lines: readonly LineView[],
    decision: Decision,
  ): Promise<number> {
    const plan = planFailover(
      {
        now: decision.now,
        lineId,
        users: await failoverUsers(stores, lineId, pool, users),
        lines,
        contacts: await this.contacts(stores, lines, decision),
      },
      decision.policy,
    );
    let moved = 0;
    for (const move of plan.moves) {
      const assignment = users.find(({ userId }) => userId === move.userId);
      if (!assignment) continue;
      const to = {
        toLineId: move.toLineId,
        state: 'confirmed',
        reason: 'a number they hold serves again',
      } as const;
      if (await moveAssignment(stores, pool, assignment, to, decision)) moved += 1;
    }
    return moved;
  }

  private async escalate(lastRunAt: number | null): Promise<number> {
    const decision = await this.decisions.begin(automation('run-failovers'));
    const since = lastRunAt ?? decision.now;
    const { read } = this.unitOfWork;
    let escalated = 0;
    let after: string | undefined;
    for (;;) {
      const page = { limit: RESCUE_BATCH, ...(after === undefined ? {} : { after }) };
      const waiting = await read.assignments.inState('needs-introduction', page);
      for (const { userId, id, needsIntroductionSince } of waiting) {
        const crossed = ESCALATE_AFTER_MS.find((delay) => {
          const at = (needsIntroductionSince ?? decision.now) + delay;
          return at > since && at <= decision.now;
        });
        if (crossed === undefined) continue;
        escalated += 1;
        await announce(read, decision, 'assignment.escalated', {
          userId,
          assignmentId: id,
          hours: crossed / HOUR_MS,
        });
      }
      after = waiting.at(-1)?.id;
      if (waiting.length < RESCUE_BATCH) return escalated;
    }
  }
}

function batchSize(failover: FailoverRecord, usersLeft: number, decision: Decision): number {
  const { batchSize: most } = decision.policy.failover;
  if (failover.cause !== 'drain' || failover.deadline === null) return most;
  const runsLeft = Math.max(1, Math.floor((failover.deadline - decision.now) / DRAIN_RUN_MS));
  return Math.min(most, Math.max(1, Math.ceil(usersLeft / runsLeft)));
}

async function failoverUsers(
  stores: Stores,
  lineId: string,
  pool: PoolRecord,
  assignments: readonly AssignmentRecord[],
): Promise<FailoverUser[]> {
  const ids = assignments.map(({ userId }) => userId);
  const [known, conversations] = await Promise.all([
    stores.cards.known(ids),
    stores.conversations.ofUsers(ids, pool.id, lineId),
  ]);
  const talks = new Map(conversations.map((each) => [each.userId, each]));
  const lineIds = new Map<string, string[]>();
  for (const each of known)
    lineIds.set(each.userId, [...(lineIds.get(each.userId) ?? []), each.lineId]);
  return assignments.map(({ userId, meanMilli, varianceMilli }) => {
    const talk = talks.get(userId);
    return {
      userId,
      meanMilli,
      varianceMilli,
      knownLineIds: lineIds.get(userId) ?? [],
      lastInboundAt: talk?.lastInboundAt ?? null,
      lastOutboundAt: talk?.lastOutboundAt ?? null,
      unansweredTurns: talk?.unansweredTurns ?? 0,
      chatHealth: talk?.chatHealth ?? null,
    };
  });
}

async function returnHome(
  stores: Stores,
  users: readonly AssignmentRecord[],
  decision: Decision,
): Promise<number> {
  let returned = 0;
  for (const user of users) {
    const changed = await stores.assignments.change(
      user.id,
      user.epoch,
      { state: 'confirmed', needsIntroductionSince: null },
      changeContext(decision, 'their own line serves again'),
    );
    if (changed) returned += 1;
  }
  return returned;
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
