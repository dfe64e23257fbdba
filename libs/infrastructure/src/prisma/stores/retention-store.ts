import { RetentionStore } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import { date } from '../values';

/** Rows come in order of time, so that a BRIN index finds the old ones and costs next to nothing when one is written. */
export class PrismaRetentionStore extends RetentionStore {
  constructor(private readonly db: Db) {
    super();
  }

  emptyBodies(since: EpochMs, before: EpochMs, limit: number): Promise<number> {
    return this.db.$executeRaw`
      UPDATE inbox_events SET body = '' WHERE event_id IN (
        SELECT event_id FROM inbox_events
        WHERE received_at >= ${date(since)} AND received_at < ${date(before)}
          AND state IN ('done', 'ignored') AND body <> '' LIMIT ${limit})`;
  }

  forgetEvents(before: EpochMs, limit: number): Promise<number> {
    return this.db.$executeRaw`
      DELETE FROM inbox_events WHERE event_id IN (
        SELECT event_id FROM inbox_events
        WHERE received_at < ${date(before)} AND state <> 'pending' LIMIT ${limit})`;
  }

  forgetSends(before: EpochMs, limit: number): Promise<number> {
    return this.db.$executeRaw`
      DELETE FROM sends WHERE id IN (
        SELECT id FROM sends
        WHERE admitted_at < ${date(before)} AND state NOT IN ('open', 'unknown') LIMIT ${limit})`;
  }

  forgetAnnounced(before: EpochMs, limit: number): Promise<number> {
    return this.db.$executeRaw`
      DELETE FROM outbox_events WHERE seq IN (
        SELECT e.seq FROM outbox_events e
        WHERE e.at < ${date(before)} AND NOT EXISTS (
          SELECT 1 FROM webhook_endpoints w JOIN event_deliveries d ON d.endpoint_id = w.id
          WHERE d.event_seq = e.seq AND d.state = 'pending')
        ORDER BY e.at LIMIT ${limit})`;
  }

  forgetAnswers(before: EpochMs, limit: number): Promise<number> {
    return this.db.$executeRaw`
      DELETE FROM idempotency_records WHERE key IN (
        SELECT key FROM idempotency_records WHERE created_at < ${date(before)} LIMIT ${limit})`;
  }

  forgetChecks(before: EpochMs, limit: number): Promise<number> {
    return this.db.$executeRaw`
      DELETE FROM handle_checks WHERE handle IN (
        SELECT handle FROM handle_checks
        WHERE next_at IS NULL AND greatest(expires_at, asked_at) < ${date(before)} LIMIT ${limit})`;
  }

  async forgetSignIns(before: EpochMs, limit: number): Promise<number> {
    const sessions = await this.db.$executeRaw`
      DELETE FROM page_sessions WHERE token_hash IN (
        SELECT token_hash FROM page_sessions WHERE expires_at < ${date(before)} LIMIT ${limit})`;
    const codes = await this.db.$executeRaw`
      DELETE FROM reservation_codes WHERE assignment_id IN (
        SELECT assignment_id FROM reservation_codes WHERE expires_at < ${date(before)} LIMIT ${limit})`;
    return Math.max(sessions, codes);
  }
}
