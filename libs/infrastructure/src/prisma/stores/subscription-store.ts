import {
  type ApiVersion,
  type SubscriptionRecord,
  SubscriptionStore,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import type { Prisma } from '../generated/client';
import { date, dateOrNull, ms, msOrNull } from '../values';

export class PrismaSubscriptionStore extends SubscriptionStore {
  constructor(private readonly db: Db) {
    super();
  }

  active(version?: ApiVersion): Promise<SubscriptionRecord[]> {
    return this.where({
      retiredAt: null,
      ...(version === undefined ? {} : { apiVersion: version }),
    });
  }

  usable(since: EpochMs, version: ApiVersion): Promise<SubscriptionRecord[]> {
    return this.where({
      apiVersion: version,
      OR: [{ retiredAt: null }, { retiredAt: { gt: date(since) } }],
    });
  }

  private async where(where: Prisma.WebhookSubscriptionWhereInput): Promise<SubscriptionRecord[]> {
    const rows = await this.db.webhookSubscription.findMany({
      where,
      orderBy: { createdAt: 'asc' },
    });
    return rows.map((row) => ({
      ...row,
      apiVersion: row.apiVersion as ApiVersion,
      createdAt: ms(row.createdAt),
      lastVerifiedAt: msOrNull(row.lastVerifiedAt),
      retiredAt: msOrNull(row.retiredAt),
    }));
  }

  async insert(subscription: SubscriptionRecord): Promise<void> {
    const data = {
      ...subscription,
      createdAt: date(subscription.createdAt),
      lastVerifiedAt: dateOrNull(subscription.lastVerifiedAt),
      retiredAt: dateOrNull(subscription.retiredAt),
    };
    const { id } = subscription;
    await this.db.webhookSubscription.upsert({ where: { id }, create: data, update: data });
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

  async verified(at: EpochMs, version: ApiVersion): Promise<void> {
    await this.db.webhookSubscription.updateMany({
      where: { apiVersion: version, retiredAt: null, lastVerifiedAt: { not: null } },
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
