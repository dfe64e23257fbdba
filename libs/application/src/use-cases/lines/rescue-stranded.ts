import { Injectable } from '@nestjs/common';
import { escalationDue, type LineView, planFailover, whyCannotSend } from '@linekeeper/domain';
import { automation } from '../../actor';
import {
  type AssignmentRecord,
  BudgetLedger,
  type PoolRecord,
  type Stores,
  UnitOfWork,
} from '../../ports';
import { introduceElsewhere, isUntouched, moveAssignment, placeAgain } from '../people/move';
import {
  announce,
  changeContext,
  type Decision,
  Decisions,
  panicNow,
  type FleetLine,
  poolOf,
  snapshotFrom,
  viewsOf,
} from '../shared';
import { contactUses, failoverUsers, movedInMeans } from './failover-inputs';

/** Users in needs-introduction are looked at again so many at a time. */
const RESCUE_BATCH = 200;

/**
 * Users in needs-introduction: given back their own line, or another number they hold, as soon as one serves; and
 * told to the operator again after four hours and after a day.
 */
@Injectable()
export class RescueStranded {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly ledger: BudgetLedger,
  ) {}

  async execute(): Promise<{ rescued: number; escalated: number }> {
    return { rescued: await this.rescue(), escalated: await this.escalate() };
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
      // It is not the lines that are sick: nobody is moved, there and back.
      if ((await panicNow(stores, decision)) !== null) return 0;
      let rescued = 0;
      for (const poolId of new Set(waiting.map((each) => each.poolId))) {
        const pool = await poolOf(stores, poolId);
        await stores.pools.lock(poolId);
        const fleet = await viewsOf(stores, pool, decision);
        for (const lineId of new Set(waiting.map((each) => each.lineId))) {
          const users = waiting.filter((each) => each.poolId === poolId && each.lineId === lineId);
          const own = fleet.find(({ id }) => id === lineId);
          if (own && keepsPeople(own)) {
            rescued += await returnHome(stores, users, decision);
          } else {
            rescued += await this.moveRescued(stores, pool, lineId, users, fleet, decision);
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
    fleet: readonly FleetLine[],
    decision: Decision,
  ): Promise<number> {
    const { lines, outlook } = snapshotFrom(fleet, pool, decision);
    const people = await failoverUsers(stores, lineId, pool, users);
    const plan = planFailover(
      {
        now: decision.now,
        zone: pool.timeZone,
        lineId,
        users: people,
        lines,
        outlook,
        contacts: await contactUses(stores, this.ledger, fleet, people, decision),
        movedIn: await movedInMeans(stores, people, decision),
      },
      decision.policy,
    );
    let moved = 0;
    for (const move of plan.moves) {
      const assignment = users.find(({ userId }) => userId === move.userId);
      if (!assignment) continue;
      const to = {
        toLineId: move.toLineId,
        state: settled(assignment),
        reason: 'a number they hold serves again',
      } as const;
      if (await moveAssignment(stores, pool, assignment, to, decision)) moved += 1;
    }
    for (const { userId, reason } of plan.stranded) {
      const assignment = users.find((each) => each.userId === userId);
      if (!assignment) continue;
      if (reason === 'no-known-number' && isUntouched(assignment)) {
        if (await placeAgain(stores, pool, assignment, decision)) moved += 1;
      } else if (decision.policy.failover.needsIntroduction !== 'hold' && !assignment.pinned) {
        if (await introduceElsewhere(stores, pool, assignment, decision)) moved += 1;
      }
    }
    return moved;
  }

  private async escalate(): Promise<number> {
    const decision = await this.decisions.begin(automation('run-failovers'));
    let escalated = 0;
    let after: string | undefined;
    for (;;) {
      const page = { limit: RESCUE_BATCH, ...(after === undefined ? {} : { after }) };
      const waiting = await this.unitOfWork.read.assignments.inState('needs-introduction', page);
      for (const each of waiting) if (await this.escalateOne(each, decision)) escalated += 1;
      after = waiting.at(-1)?.id;
      if (waiting.length < RESCUE_BATCH) return escalated;
    }
  }

  /** By what was announced before, and not by when somebody last looked: a run that failed leaves nothing out. */
  private async escalateOne(assignment: AssignmentRecord, decision: Decision): Promise<boolean> {
    const { id, userId, needsIntroductionSince, escalatedHours } = assignment;
    const hours = escalationDue(needsIntroductionSince ?? decision.now, decision.now);
    if (hours === null || hours <= escalatedHours) return false;
    return this.unitOfWork.run(async (stores) => {
      if (!(await stores.assignments.markEscalated(id, hours))) return false;
      const data = { userId, assignmentId: id, hours };
      await announce(stores, decision, 'assignment.escalated', data);
      return true;
    });
  }
}

/** What an assignment is when it need not wait any more: a reservation that nobody came for is still one. */
const settled = ({ confirmedAt }: AssignmentRecord): 'confirmed' | 'reserved' =>
  confirmedAt === null ? 'reserved' : 'confirmed';

/** Whether people may be given back to the line: it answers them, and nobody wants them off it. */
function keepsPeople(line: LineView): boolean {
  const leaves = line.adminState === 'draining' || line.adminState === 'retired';
  return !leaves && whyCannotSend(line, 'reply') === null;
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
      { state: settled(user), needsIntroductionSince: null },
      changeContext(decision, 'their own line serves again'),
    );
    if (changed) returned += 1;
  }
  return returned;
}
