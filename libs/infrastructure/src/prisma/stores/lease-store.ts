import { LeaseStore } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import type { Presence } from '../presence';
import { date } from '../values';

export class PrismaLeaseStore extends LeaseStore {
  constructor(
    private readonly db: Db,
    private readonly presence: Presence,
  ) {
    super();
  }

  async take(name: string, holder: string, now: EpochMs, ttlMs: number): Promise<bigint | null> {
    await this.presence.announce(holder);
    const rows = await this.db.$queryRaw<{ token: bigint }[]>`
      INSERT INTO leases AS l (name, token, holder, expires_at)
      VALUES (${name}, 1, ${holder}, ${date(now + ttlMs)})
      ON CONFLICT (name) DO UPDATE
        SET token = l.token + 1, holder = excluded.holder, expires_at = excluded.expires_at
        WHERE l.expires_at <= ${date(now)} OR NOT EXISTS (
          SELECT 1 FROM pg_locks
          WHERE locktype = 'advisory' AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND (classid::bigint << 32 | objid::bigint) = hashtextextended(l.holder, 0))
      RETURNING token`;
    return rows[0]?.token ?? null;
  }
}
