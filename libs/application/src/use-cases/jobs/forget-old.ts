import { Injectable } from '@nestjs/common';
import { DAY_MS, type EpochMs } from '@linekeeper/domain';
import { automation } from '../../actor';
import { UnitOfWork } from '../../ports';
import { Decisions } from '../shared';

/** Rows of one statement: few enough to hold up nobody. */
const BATCH = 2_000;
/** Statements of one kind in a run; what is left is the next run's. */
const MAX_STATEMENTS = 100;

/** What a run has removed. `bodiesUntil`: events that came before it have no body any more, unless they are dead. */
export interface ForgottenReport {
  readonly bodies: number;
  readonly events: number;
  readonly sends: number;
  readonly announced: number;
  readonly answers: number;
  readonly checks: number;
  readonly signIns: number;
  readonly bodiesUntil: EpochMs;
}

/**
 * Keeps nothing for longer than it serves: what people wrote for days, what tells that an event was taken in already for
 * as long as it may come again. Killed at any point, the next run goes on.
 */
@Injectable()
export class ForgetOld {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  async execute(): Promise<ForgottenReport> {
    const { now, policy } = await this.decisions.begin(automation('forget-old'));
    const { rawBodyDays, eventIdDays, sendDays, announcedDays } = policy.retention;
    const { jobs, retention } = this.unitOfWork.read;
    const last = (await jobs.runs()).find(({ name }) => name === 'forget-old')?.lastResult;
    const since = (last as Partial<ForgottenReport> | undefined)?.bodiesUntil ?? 0;
    const before = now - rawBodyDays * DAY_MS;
    const bodies = await inBatches((limit) => retention.emptyBodies(since, before, limit));
    const daysAgo = (days: number): EpochMs => now - days * DAY_MS;
    return {
      bodies: bodies.rows,
      bodiesUntil: bodies.isAll ? Math.max(since, before) : since,
      events: (await inBatches((limit) => retention.forgetEvents(daysAgo(eventIdDays), limit)))
        .rows,
      sends: (await inBatches((limit) => retention.forgetSends(daysAgo(sendDays), limit))).rows,
      announced: (
        await inBatches((limit) => retention.forgetAnnounced(daysAgo(announcedDays), limit))
      ).rows,
      // An answer is given again for a day, and a sign-in that ended serves nobody.
      answers: (await inBatches((limit) => retention.forgetAnswers(daysAgo(2), limit))).rows,
      // What expired is told to nobody.
      checks: (await inBatches((limit) => retention.forgetChecks(daysAgo(2), limit))).rows,
      signIns: (await inBatches((limit) => retention.forgetSignIns(daysAgo(2), limit))).rows,
    };
  }
}

async function inBatches(
  step: (limit: number) => Promise<number>,
): Promise<{ readonly rows: number; readonly isAll: boolean }> {
  let rows = 0;
  for (let statements = 0; statements < MAX_STATEMENTS; statements += 1) {
    const removed = await step(BATCH);
    rows += removed;
    if (removed < BATCH) return { rows, isAll: true };
  }
  return { rows, isAll: false };
}
