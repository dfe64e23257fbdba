import { Injectable } from '@nestjs/common';
import { DAY_MS, HOUR_MS, MINUTE_MS, unaskedPer24h } from '@linekeeper/domain';
import { automation } from '../../actor';
import { BudgetLedger, type FailoverRecord, type Stores, UnitOfWork } from '../../ports';
import {
  announce,
  type Decision,
  Decisions,
  isFrozen,
  lineOr404,
  panicNow,
  poolOf,
} from '../shared';
import { type BatchReport, moveBatch } from './failover-batch';
import { handOver } from './hand-over';
import { isOfNeed, mayMove } from './hold-failover';
import { underItsPolicy } from './own-policy';
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

  async execute(): Promise<FailoverReport> {
    const total = { moved: 0, stranded: 0, completed: 0 };
    const open = await this.unitOfWork.read.failovers.list({
      limit: 1_000,
      states: ['running', 'paused'],
    });
    const held = open.filter(({ state, heldBecause }) => state === 'running' || heldBecause);
    // The oldest first, but whom a lost line cannot serve before those who could stay.
    held.reverse().sort((a, b) => Number(isOfNeed(b)) - Number(isOfNeed(a)));
    for (const failover of held) {
      const { moved, stranded, completed } = await this.work(failover.id);
      total.moved += moved;
      total.stranded += stranded;
      if (completed) total.completed += 1;
    }
    const { rescued, escalated } = await this.rescueStranded.execute();
    return { ...total, rescued, escalated };
  }

  /** One failover until nobody is left to look at, or until a drain with a deadline has done its share for this run. */
  private async work(id: string): Promise<{ moved: number; stranded: number; completed: boolean }> {
    const run: Run = { moved: 0, stranded: 0, share: null, waiting: new Map() };
    for (;;) {
      const step = await this.step(id, run);
      if (step === 'ended' || step === 'completed') {
        return { moved: run.moved, stranded: run.stranded, completed: step === 'completed' };
      }
      run.share = step.share;
      run.moved += step.moved;
      run.stranded += step.stranded;
      for (const { userId, reason } of step.waiting) run.waiting.set(userId, reason);
    }
  }

  private async step(
    id: string,
    run: Readonly<Run>,
  ): Promise<'ended' | 'completed' | (BatchReport & { share: number })> {
    const begun = await this.decisions.begin(automation('run-failovers'));
    return this.unitOfWork.run(async (stores) => {
      if (await isFrozen(stores)) return 'ended';
      // Unrelated lines that alarm at once are the provider's trouble: nobody gains by being moved now.
      if ((await panicNow(stores, begun)) !== null) return 'ended';
      const before = await stores.failovers.byId(id);
      if (!before) return 'ended';
      const decision = await underItsPolicy(stores, before, begun);
      const line = await lineOr404(stores, before.lineId);
      const pool = await poolOf(stores, line.poolId);
      await stores.pools.lock(pool.id);
      const failover = await stores.failovers.byId(id);
      if (!failover || !(await mayMove(stores, failover, line, decision))) return 'ended';
      await handOver(stores, pool, line, failover, decision);
      const share = run.share ?? (await shareOfRun(stores, failover, line.users, decision));
      const left = share - run.moved - run.stranded;
      const users = await stores.assignments.toMove(
        line.id,
        Math.min(left, decision.policy.failover.batchSize),
        [...run.waiting.keys()],
      );
      if (users.length > 0) {
        const report = await moveBatch(stores, this.ledger, failover, pool, users, decision);
        return { ...report, share };
      }
      // Of a line that only rests people may still come to be: it ends with the window.
      if (left > 0 && run.waiting.size === 0 && failover.cause !== 'maintenance') {
        await this.complete(stores, failover, decision);
        return 'completed';
      }
      await tellWaiting(stores, failover, run.waiting, decision);
      return 'ended';
    });
  }

  private async complete(
    stores: Stores,
    failover: FailoverRecord,
    decision: Decision,
  ): Promise<void> {
    await stores.failovers.change(
      failover.id,
      { state: 'completed', usersWaiting: 0, finishedAt: decision.now },
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

/** What one run has done of a failover so far. */
interface Run {
  moved: number;
  stranded: number;
  /** How many it may move; null until it has begun. */
  share: number | null;
  /** Who stays for now, and why: they are not looked at twice in one run. */
  readonly waiting: Map<string, string>;
}

/**
 * How many one run may move. What has a pace keeps it in any hour, and a handover the limit of new threads in any day too;
 * what has a deadline is spread over the runs that are left until then; all else is moved at once.
 */
async function shareOfRun(
  stores: Stores,
  { id, cause, deadline, movesPerHour }: FailoverRecord,
  usersLeft: number,
  { now, policy }: Decision,
): Promise<number> {
  const bounds = [Number.MAX_SAFE_INTEGER];
  if (movesPerHour !== null) {
    bounds.push(movesPerHour - (await stores.failovers.movesSince(id, now - HOUR_MS)));
  }
  if (cause === 'replace') {
    bounds.push(unaskedPer24h(policy) - (await stores.failovers.movesSince(id, now - DAY_MS)));
  }
  if ((cause === 'drain' || cause === 'replace') && deadline !== null) {
    const runsLeft = Math.max(1, Math.floor((deadline - now) / DRAIN_RUN_MS));
    bounds.push(Math.max(1, Math.ceil(usersLeft / runsLeft)));
  }
  return Math.max(0, Math.min(...bounds));
}

/** Nobody stays on a line to be drained without its being said: how many, and why. */
async function tellWaiting(
  stores: Stores,
  failover: FailoverRecord,
  waiting: ReadonlyMap<string, string>,
  decision: Decision,
): Promise<void> {
  if (waiting.size === failover.usersWaiting) return;
  await stores.failovers.change(failover.id, { usersWaiting: waiting.size }, decision.now);
  const reasons: Record<string, number> = {};
  for (const reason of waiting.values()) reasons[reason] = (reasons[reason] ?? 0) + 1;
  await announce(stores, decision, 'failover.changed', {
    failoverId: failover.id,
    state: failover.state,
    usersWaiting: waiting.size,
    reasons,
  });
}
