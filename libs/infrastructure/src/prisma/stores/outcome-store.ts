import { type OpenOutcome, OutcomeStore } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import { date, ms } from '../values';

export class PrismaOutcomeStore extends OutcomeStore {
  constructor(private readonly db: Db) {
    super();
  }

  async open(outcomes: readonly OpenOutcome[]): Promise<void> {
    if (outcomes.length === 0) return;
    await this.db.openOutcome.createMany({
      data: outcomes.map((outcome) => ({
        ...outcome,
        sentAt: date(outcome.sentAt),
        nextAt: date(outcome.nextAt),
      })),
      skipDuplicates: true,
    });
  }

  async due(now: EpochMs, limit: number): Promise<OpenOutcome[]> {
    const rows = await this.db.openOutcome.findMany({
      where: { nextAt: { lte: date(now) } },
      orderBy: { nextAt: 'asc' },
      take: limit,
    });
    return rows.map((row) => ({ ...row, sentAt: ms(row.sentAt), nextAt: ms(row.nextAt) }));
  }

  async askAgain(messageId: string, nextAt: EpochMs): Promise<void> {
    await this.db.openOutcome.updateMany({
      where: { messageId },
      data: { asked: { increment: 1 }, nextAt: date(nextAt) },
    });
  }

  async close(messageIds: readonly string[]): Promise<void> {
    await this.db.openOutcome.deleteMany({ where: { messageId: { in: [...messageIds] } } });
  }
}
