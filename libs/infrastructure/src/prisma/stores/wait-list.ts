import { WaitList, type WaitingRecord } from '@linekeeper/application';
import type { Db } from '../database';
import type { Waiting } from '../generated/client';
import { date, ms } from '../values';

export class PrismaWaitList extends WaitList {
  constructor(private readonly db: Db) {
    super();
  }

  async join({ since, ...waiting }: WaitingRecord): Promise<void> {
    await this.db.waiting.createMany({
      data: [{ ...waiting, since: date(since) }],
      skipDuplicates: true,
    });
  }

  async leave(userId: string, poolId: string): Promise<void> {
    await this.db.waiting.deleteMany({ where: { userId, poolId } });
  }

  async leaveAll(userId: string): Promise<void> {
    await this.db.waiting.deleteMany({ where: { userId } });
  }

  async isAny(poolId: string): Promise<boolean> {
    const rows = await this.db.$queryRaw<unknown[]>`
      SELECT 1 FROM wait_list WHERE pool_id = ${poolId}::uuid LIMIT 1`;
    return rows.length > 0;
  }

  async position(userId: string, poolId: string): Promise<number | null> {
    const own = await this.db.waiting.findUnique({ where: { poolId_userId: { poolId, userId } } });
    return own && this.db.waiting.count({ where: { poolId, seq: { lte: own.seq } } });
  }

  async of(userId: string, poolId: string): Promise<WaitingRecord | null> {
    const row = await this.db.waiting.findUnique({ where: { poolId_userId: { poolId, userId } } });
    return row && recordOf(row);
  }

  async first(poolId: string): Promise<WaitingRecord | null> {
    const row = await this.db.waiting.findFirst({ where: { poolId }, orderBy: { seq: 'asc' } });
    return row && recordOf(row);
  }

  async list({
    limit,
    after,
    poolIds,
  }: {
    readonly limit: number;
    readonly after?: string;
    readonly poolIds: readonly string[];
  }): Promise<(WaitingRecord & { readonly position: number })[]> {
    const rows = await this.db.$queryRaw<
      (Omit<WaitingRecord, 'since'> & { since: Date; position: number })[]
    >`
      SELECT user_id::text AS "userId", pool_id::text AS "poolId", started_by AS "startedBy", actor, since, position
      FROM (SELECT w.*, (row_number() OVER (PARTITION BY w.pool_id ORDER BY w.seq))::int AS position
        FROM wait_list w
        WHERE ${poolIds.length === 0} OR w.pool_id = ANY(${[...poolIds]}::uuid[])) AS waiting
      WHERE ${after ?? null}::uuid IS NULL
        OR seq > (SELECT max(x.seq) FROM wait_list x WHERE x.user_id = ${after ?? null}::uuid)
      ORDER BY seq LIMIT ${limit}`;
    return rows.map((row) => ({ ...row, since: ms(row.since) }));
  }
}

function recordOf({ userId, poolId, startedBy, actor, since }: Waiting): WaitingRecord {
  return {
    userId,
    poolId,
    startedBy: startedBy as WaitingRecord['startedBy'],
    actor,
    since: ms(since),
  };
}
