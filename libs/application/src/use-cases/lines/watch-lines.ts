import { Injectable } from '@nestjs/common';
import { type EpochMs, HOUR_MS, SECOND_MS } from '@linekeeper/domain';
import { automation } from '../../actor';
import { UnitOfWork } from '../../ports';
import { Decisions } from '../shared';
import { shedLoad } from './brown-out';
import { tellBudgetBands } from './budget-bands';
import { Canary } from './canary';
import { judgePool, type WatchReport } from './judge-pool';

const ACTOR = automation('watch-lines');
/** Judging looks at a day of outcomes: a line that is found some seconds later has sent a message more or two. */
const PAUSE_MS = 10 * SECOND_MS;

/**
 * Judges lines by how their messages end, before the provider says anything: the noted outcomes of distinct recipients
 * are added up, a line that has too much against it takes no new people and sends replies only, and one with
 * overwhelming evidence, or whose canary fails, is ejected like a flagged one. Everything stands in the database and
 * each outcome is taken once, under the lock of its pool.
 */
@Injectable()
export class WatchLines {
  private judgedAt: EpochMs = -Infinity;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly canary: Canary,
  ) {}

  /** Runs when outcomes have come in that nobody has taken yet, every few seconds at most. Cheap when none have. */
  async takeUp(): Promise<void> {
    const { now } = await this.decisions.begin(ACTOR);
    if (now - this.judgedAt < PAUSE_MS) return;
    if (await this.unitOfWork.read.evidence.isPending()) await this.judge(judgePool);
  }

  /** The same, and what takes time to tell: canaries, lines that have been clean for long enough, and bands of the budget. */
  async execute(): Promise<WatchReport> {
    await this.canary.send(await this.decisions.begin(ACTOR));
    const report = await this.judge(async (stores, pool, decision) => {
      const found = await judgePool(stores, pool, decision);
      await shedLoad(stores, pool, decision);
      await tellBudgetBands(stores, pool, decision);
      return found;
    });
    const { now, policy } = await this.decisions.begin(ACTOR);
    const windowMs = policy.health.detection.recipientHours * HOUR_MS;
    await this.unitOfWork.read.evidence.forget(now - 2 * windowMs);
    return report;
  }

  private async judge(work: typeof judgePool): Promise<WatchReport> {
    const total = { suspected: 0, ejected: 0, cleared: 0 };
    for (const pool of await this.unitOfWork.read.pools.list()) {
      const decision = await this.decisions.begin(ACTOR);
      this.judgedAt = decision.now;
      const report = await this.unitOfWork.run((stores) => work(stores, pool, decision));
      total.suspected += report.suspected;
      total.ejected += report.ejected;
      total.cleared += report.cleared;
    }
    return total;
  }
}
