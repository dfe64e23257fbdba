import { type UsageHour, UsageHistory } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { PrismaDatabase } from './database';
import { date, ms } from './values';

export class PrismaUsageHistory extends UsageHistory {
  constructor(private readonly database: PrismaDatabase) {
    super();
  }

  hours(fromHour: number): Promise<UsageHour[]> {
    return this.database.client.lineHour.findMany({ where: { hour: { gte: fromHour } } });
  }

  async recentOutbound(
    since: EpochMs,
  ): Promise<{ lineId: string; recipient: string; at: EpochMs }[]> {
    const rows = await this.database.client.message.findMany({
      where: { direction: 'out', at: { gte: date(since) }, userId: { not: null } },
      select: { lineId: true, userId: true, at: true },
      orderBy: { at: 'asc' },
    });
    return rows.flatMap(({ lineId, userId, at }) =>
      userId === null ? [] : [{ lineId, recipient: userId, at: ms(at) }],
    );
  }

  async openHolds(now: EpochMs): ReturnType<UsageHistory['openHolds']> {
    const rows = await this.database.client.send.findMany({
      where: { state: { in: ['open', 'unknown'] }, expiresAt: { gt: date(now) } },
    });
    return rows.map((row) => ({
      id: row.id,
      lineId: row.lineId,
      recipient: row.userId,
      units: row.messages - row.settledMessages,
      admittedAt: ms(row.admittedAt),
      expiresAt: ms(row.expiresAt),
      newConversation: row.newConversation,
    }));
  }
}
