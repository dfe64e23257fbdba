import { type SendRecord, SendStore } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import type { Send } from '../generated/client';
import { date, dateOrNull, ms, msOrNull } from '../values';

export class PrismaSendStore extends SendStore {
  constructor(private readonly db: Db) {
    super();
  }

  async insert(send: SendRecord): Promise<boolean> {
    // The row of the user is held: a merge that ran meanwhile is waited for, and the row says whose alias they are.
    const inserted = await this.db.$executeRaw`
      INSERT INTO sends (id, user_id, line_id, assignment_epoch, class, messages, settled_messages,
        new_conversation, state, policy_version, admitted_at, expires_at, closed_at)
      SELECT ${send.id}::uuid, coalesce(u.merged_into, u.id), ${send.lineId}::uuid,
        ${send.assignmentEpoch}, ${send.class}, ${send.messages}, ${send.settledMessages},
        ${send.newConversation}, ${send.state}, ${send.policyVersion}, ${date(send.admittedAt)},
        ${date(send.expiresAt)}, ${dateOrNull(send.closedAt)}
      FROM users u WHERE u.id = ${send.userId}::uuid FOR KEY SHARE OF u
      ON CONFLICT (id) DO NOTHING`;
    return inserted === 1;
  }

  async byIds(ids: readonly string[]): Promise<SendRecord[]> {
    const rows = await this.db.send.findMany({ where: { id: { in: [...ids] } } });
    return rows.map(recordOf);
  }

  async noteSeen(seen: readonly { id: string; messages: number }[], at: EpochMs): Promise<void> {
    if (seen.length === 0) return;
    await this.db.$executeRaw`
      UPDATE sends s SET
        settled_messages = least(s.messages, s.settled_messages + t.seen),
        state = CASE WHEN s.settled_messages + t.seen >= s.messages THEN 'settled' ELSE s.state END,
        closed_at = CASE WHEN s.settled_messages + t.seen >= s.messages
          THEN coalesce(s.closed_at, ${date(at)}) ELSE s.closed_at END
      FROM (SELECT id, sum(seen)::int AS seen FROM unnest(
          ${seen.map((s) => s.id)}::uuid[], ${seen.map((s) => s.messages)}::int[]) AS u(id, seen)
        GROUP BY id) t
      WHERE s.id = t.id`;
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
