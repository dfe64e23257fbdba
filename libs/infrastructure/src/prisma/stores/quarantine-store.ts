import {
  type ApiVersion,
  type QuarantineBounds,
  type QuarantinedWebhook,
  QuarantineStore,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import { date, ms, msOrNull, num } from '../values';

/** Names the lock under which bounds are looked at and used up; any number that nothing else uses. */
const LOCK = 7_164_201;

export class PrismaQuarantineStore extends QuarantineStore {
  constructor(private readonly db: Db) {
    super();
  }

  /** Call it in a transaction: the lock is held until that ends, so that of many at once each sees the others. */
  async add(webhook: QuarantinedWebhook, bounds: QuarantineBounds): Promise<boolean> {
    const { id, body, headers, source, apiVersion } = webhook;
    await this.db.$queryRaw`SELECT 1 FROM (SELECT pg_advisory_xact_lock(${LOCK})) AS locked`;
    const rows = await this.db.$queryRaw<{ kept: boolean }[]>`
      WITH there AS (
        SELECT count(*) AS n, coalesce(sum(octet_length(body)), 0) AS bytes,
          count(*) FILTER (WHERE source = ${source}) AS from_source,
          count(*) FILTER (WHERE id = ${id}) AS same
        FROM quarantined_webhooks),
      added AS (
        INSERT INTO quarantined_webhooks
          (id, body, headers, source, received_at, expires_at, api_version)
        SELECT ${id}, ${body}, ${JSON.stringify(headers)}::jsonb, ${source},
          ${date(webhook.receivedAt)}, ${date(webhook.expiresAt)}, ${apiVersion}
        FROM there WHERE n < ${bounds.rows} AND from_source < ${bounds.rowsPerSource}
          AND bytes + ${body.length} <= ${bounds.bytes}
        ON CONFLICT (id) DO NOTHING RETURNING id)
      SELECT (SELECT count(*) FROM added) > 0 OR there.same > 0 AS kept FROM there`;
    return rows[0]?.kept === true;
  }

  async list(now: EpochMs, limit: number): Promise<QuarantinedWebhook[]> {
    const rows = await this.db.quarantinedWebhook.findMany({
      where: { expiresAt: { gt: date(now) } },
      orderBy: [{ receivedAt: 'asc' }, { id: 'asc' }],
      take: limit,
    });
    return rows.map((row) => ({
      id: row.id,
      apiVersion: row.apiVersion as ApiVersion,
      body: Buffer.from(row.body),
      headers: row.headers as Record<string, string>,
      source: row.source,
      receivedAt: ms(row.receivedAt),
      expiresAt: ms(row.expiresAt),
    }));
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.db.quarantinedWebhook.deleteMany({ where: { id: { in: [...ids] } } });
  }

  async removeExpired(now: EpochMs): Promise<number> {
    const gone = await this.db.quarantinedWebhook.deleteMany({
      where: { expiresAt: { lte: date(now) } },
    });
    return gone.count;
  }

  async counts(): Promise<{ count: number; bytes: number; oldestAt: EpochMs | null }> {
    const [row] = await this.db.$queryRaw<{ n: bigint; bytes: bigint; oldest: Date | null }[]>`
      SELECT count(*) AS n, coalesce(sum(octet_length(body)), 0)::bigint AS bytes,
        min(received_at) AS oldest FROM quarantined_webhooks`;
    return {
      count: num(row?.n ?? 0n),
      bytes: num(row?.bytes ?? 0n),
      oldestAt: msOrNull(row?.oldest ?? null),
    };
  }
}
