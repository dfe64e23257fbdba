import { LeaseStore } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import { date } from '../values';

export class PrismaLeaseStore extends LeaseStore {
  constructor(private readonly db: Db) {
    super();
  }

  async take(name: string, holder: string, now: EpochMs, ttlMs: number): Promise<bigint | null> {
    const rows = await this.db.$queryRaw<{ token: bigint }[]>`
      INSERT INTO leases AS l (name, token, holder, expires_at)
      VALUES (${name}, 1, ${holder}, ${date(now + ttlMs)})
      ON CONFLICT (name) DO UPDATE
        SET token = l.token + 1, holder = excluded.holder, expires_at = excluded.expires_at
        WHERE l.expires_at <= ${date(now)}
      RETURNING token`;
    return rows[0]?.token ?? null;
  }
}
