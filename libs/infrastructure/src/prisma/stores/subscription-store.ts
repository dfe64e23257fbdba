import { type SubscriptionRecord, SubscriptionStore } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import type { Prisma } from '../generated/client';
import { date, dateOrNull, ms, msOrNull } from '../values';

export class PrismaSubscriptionStore extends SubscriptionStore {
  constructor(private readonly db: Db) {
    super();
  }

  active(): Promise<SubscriptionRecord[]> {
    return this.where({ retiredAt: null });
  }

  usable(since: EpochMs): Promise<SubscriptionRecord[]> {
    return this.where({ OR: [{ retiredAt: null }, { retiredAt: { gt: date(since) } }] });
  }

  private async where(where: Prisma.WebhookSubscriptionWhereInput): Promise<SubscriptionRecord[]> {
    const rows = await this.db.webhookSubscription.findMany({
      where,
      orderBy: { createdAt: 'asc' },
    });
    return rows.map((row) => ({
      ...row,
      createdAt: ms(row.createdAt),
      lastVerifiedAt: msOrNull(row.lastVerifiedAt),
      retiredAt: msOrNull(row.retiredAt),
    }));
  }

  async insert(subscription: SubscriptionRecord): Promise<void> {
    await this.db.webhookSubscription.create({
      data: {
        ...subscription,
        createdAt: date(subscription.createdAt),
        lastVerifiedAt: dateOrNull(subscription.lastVerifiedAt),
        retiredAt: dateOrNull(subscription.retiredAt),
      },
    });
  }

  async retire(id: string, at: EpochMs): Promise<void> {
    await this.db.webhookSubscription.updateMany({
      where: { id, retiredAt: null },
      data: { retiredAt: date(at) },
    });
  }

  async proved(id: string, at: EpochMs): Promise<void> {
    await this.db.webhookSubscription.updateMany({
      where: { id, lastVerifiedAt: null },
      data: { lastVerifiedAt: date(at) },
    });
  }

  async verified(at: EpochMs): Promise<void> {
    await this.db.webhookSubscription.updateMany({
      where: { retiredAt: null, lastVerifiedAt: { not: null } },
      data: { lastVerifiedAt: date(at) },
    });
  }

  async forgetSecrets(retiredBefore: EpochMs): Promise<void> {
    await this.db.webhookSubscription.updateMany({
      where: { retiredAt: { lte: date(retiredBefore) }, secret: { not: '' } },
      data: { secret: '' },
    });
  }

  async reseal(id: string, before: string, secret: string): Promise<void> {
    await this.db.webhookSubscription.updateMany({
      where: { id, secret: before },
      data: { secret },
    });
  }
}
