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
    const inserted = await this.db.send.createMany({
      data: [
        {
          ...send,
          admittedAt: date(send.admittedAt),
          expiresAt: date(send.expiresAt),
          closedAt: dateOrNull(send.closedAt),
        },
      ],
      skipDuplicates: true,
    });
    return inserted.count === 1;
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
