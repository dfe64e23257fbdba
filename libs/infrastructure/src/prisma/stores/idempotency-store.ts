import { type IdempotencyAnswer, IdempotencyStore } from '@linekeeper/application';
import { DAY_MS, type EpochMs, MINUTE_MS } from '@linekeeper/domain';
import type { Db } from '../database';
import { date, json } from '../values';

/** An answer is kept for a day. A claim without an answer is the mark of a crash, and is taken over sooner. */
const KEEP_MS = DAY_MS;
const ABANDONED_MS = 2 * MINUTE_MS;

export class PrismaIdempotencyStore extends IdempotencyStore {
  constructor(private readonly db: Db) {
    super();
  }

  async claim(key: string, requestHash: string, now: EpochMs): Promise<IdempotencyAnswer | null> {
    const claimed = await this.db.$queryRaw<{ key: string }[]>`
      INSERT INTO idempotency_records AS r (key, request_hash, status, response, created_at)
      VALUES (${key}, ${requestHash}, NULL, NULL, ${date(now)})
      ON CONFLICT (key) DO UPDATE
        SET request_hash = excluded.request_hash, status = NULL, response = NULL, created_at = excluded.created_at
        WHERE r.created_at <= ${date(now - KEEP_MS)}
          OR (r.status IS NULL AND r.created_at <= ${date(now - ABANDONED_MS)})
      RETURNING key`;
    if (claimed.length > 0) return null;
    const row = await this.db.idempotencyRecord.findUnique({ where: { key } });
    return row && { requestHash: row.requestHash, status: row.status, response: row.response };
  }

  async answer(key: string, status: number, response: unknown): Promise<void> {
    await this.db.idempotencyRecord.updateMany({
      where: { key },
      data: { status, response: json(response ?? {}) },
    });
  }

  async forget(key: string): Promise<void> {
    await this.db.idempotencyRecord.deleteMany({ where: { key } });
  }
}
