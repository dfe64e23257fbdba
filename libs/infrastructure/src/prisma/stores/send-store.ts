import { type SendBasis, type SendRecord, SendStore } from '@linekeeper/application';
import type { EpochMs, SendClass } from '@linekeeper/domain';
import type { Db } from '../database';
import type { Send } from '../generated/client';
import { date, dateOrNull, ms, msOrNull } from '../values';

export class PrismaSendStore extends SendStore {
  constructor(private readonly db: Db) {
    super();
  }

  async insert(send: SendRecord, basis: SendBasis): Promise<boolean> {
    // The mark waits for whoever changes the reservation at this moment, and then looks again at its epoch. The row
    // of the user is held too: a merge under way is waited for, and the row says then whose alias they are.
    const written = await this.db.$executeRaw`
      WITH basis AS (
        SELECT a.id FROM assignments a
        JOIN lines l ON l.id = ${send.lineId}::uuid
        LEFT JOIN suppressions s ON s.user_id = a.user_id
        WHERE a.id = ${basis.assignmentId}::uuid AND a.epoch = ${basis.assignmentEpoch}
          AND l.epoch = ${basis.lineEpoch}
          AND s.suppressed_at IS NOT DISTINCT FROM ${dateOrNull(basis.suppressedAt)}::timestamptz
          AND (SELECT e.frozen_at FROM environment e WHERE e.id = 1)
            IS NOT DISTINCT FROM ${dateOrNull(basis.frozenAt)}::timestamptz),
      marked AS (
        UPDATE assignments a SET first_send_at = coalesce(a.first_send_at, ${date(send.admittedAt)})
        FROM basis WHERE ${basis.marksFirstSend} AND a.id = basis.id
          AND a.epoch = ${basis.assignmentEpoch} AND a.state = 'reserved'
        RETURNING a.id)
      INSERT INTO sends (id, user_id, line_id, assignment_epoch, class, messages, settled_messages,
        new_conversation, state, policy_version, admitted_at, expires_at, closed_at)
      SELECT ${send.id}::uuid, coalesce(u.merged_into, u.id), ${send.lineId}::uuid,
        ${send.assignmentEpoch}, ${send.class}, ${send.messages}, ${send.settledMessages},
        ${send.newConversation}, ${send.state}, ${send.policyVersion}, ${date(send.admittedAt)},
        ${date(send.expiresAt)}, ${dateOrNull(send.closedAt)}
      FROM basis, users u
      WHERE u.id = ${send.userId}::uuid
        AND (NOT ${basis.marksFirstSend} OR EXISTS (SELECT 1 FROM marked))
      FOR KEY SHARE OF u`;
    return written === 1;
  }

  async classesSince(poolId: string, since: EpochMs): Promise<Map<SendClass, number>> {
    const rows = await this.db.$queryRaw<{ class: SendClass; messages: number }[]>`
      SELECT s.class, sum(s.messages)::int AS messages
      FROM sends s JOIN lines l ON l.id = s.line_id
      WHERE l.pool_id = ${poolId}::uuid AND s.admitted_at >= ${date(since)} GROUP BY s.class`;
    return new Map(rows.map((row) => [row.class, row.messages]));
  }

  async byIds(ids: readonly string[]): Promise<SendRecord[]> {
    const rows = await this.db.send.findMany({ where: { id: { in: [...ids] } } });
    return rows.map(recordOf);
  }

  async noteSeen(
    seen: readonly { id: string; messages: number }[],
    at: EpochMs,
  ): Promise<{ id: string; lineId: string; left: number }[]> {
    if (seen.length === 0) return [];
    return this.db.$queryRaw<{ id: string; lineId: string; left: number }[]>`
      UPDATE sends s SET
        settled_messages = least(s.messages, s.settled_messages + t.seen),
        state = CASE WHEN s.settled_messages + t.seen >= s.messages THEN 'settled' ELSE s.state END,
        closed_at = CASE WHEN s.settled_messages + t.seen >= s.messages
          THEN coalesce(s.closed_at, ${date(at)}) ELSE s.closed_at END
      FROM (SELECT id, sum(seen)::int AS seen FROM unnest(
          ${seen.map((s) => s.id)}::uuid[], ${seen.map((s) => s.messages)}::int[]) AS u(id, seen)
        GROUP BY id) t
      WHERE s.id = t.id
      RETURNING s.id, s.line_id AS "lineId", s.messages - s.settled_messages AS left`;
  }

  async close(
    id: string,
    state: 'released' | 'expired' | 'unknown',
    at: EpochMs,
  ): Promise<boolean> {
    const closed = await this.db.send.updateMany({
      where: { id, state: { in: ['open', 'unknown'] } },
      data: { state, closedAt: state === 'unknown' ? null : date(at) },
    });
    return closed.count === 1;
  }

  async expired(now: EpochMs, limit: number): Promise<SendRecord[]> {
    const rows = await this.db.send.findMany({
      where: { state: { in: ['open', 'unknown'] }, expiresAt: { lte: date(now) } },
      orderBy: { expiresAt: 'asc' },
      take: limit,
    });
    return rows.map(recordOf);
  }
}

function recordOf(row: Send): SendRecord {
  return {
    ...row,
    class: row.class as SendRecord['class'],
    state: row.state as SendRecord['state'],
    admittedAt: ms(row.admittedAt),
    expiresAt: ms(row.expiresAt),
    closedAt: msOrNull(row.closedAt),
  };
}
