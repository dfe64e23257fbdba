import {
  MESSAGE_STATUSES,
  type MessageAdvance,
  type MessageRecord,
  type MessageStatus,
  MessageStore,
} from '@linekeeper/application';
import type { Ask, Db, Prepared } from '../database';
import type { Message } from '../generated/client';
import { rowFromJson } from '../json-rows';
import { date, dateOrNull, ms } from '../values';

export class PrismaMessageStore extends MessageStore {
  constructor(
    private readonly db: Db,
    private readonly ask: Ask,
  ) {
    super();
  }

  async byIds(ids: readonly string[]): Promise<MessageRecord[]> {
    const rows = await this.ask<Record<string, unknown>>(BY_IDS, [ids]);
    return rows.map((row) => recordOf(rowFromJson(row) as unknown as Message));
  }

  async countsIn(chatIds: readonly string[]): Promise<Map<string, number>> {
    if (chatIds.length === 0) return new Map();
    const rows = await this.db.message.groupBy({
      by: ['chatId'],
      where: { chatId: { in: [...chatIds] } },
      _count: true,
    });
    return new Map(rows.flatMap(({ chatId, _count: count }) => (chatId ? [[chatId, count]] : [])));
  }

  async linesHeard(lineIds: readonly string[]): Promise<Set<string>> {
    const rows = await this.db.$queryRaw<{ id: string }[]>`
      SELECT l.id::text AS id FROM unnest(${[...lineIds]}::uuid[]) AS l(id)
      WHERE EXISTS (SELECT 1 FROM messages m WHERE m.line_id = l.id AND m.direction = 'in')`;
    return new Set(rows.map(({ id }) => id));
  }

  async insert(messages: readonly MessageRecord[]): Promise<Set<string>> {
    if (messages.length === 0) return new Set();
    const column = <T>(of: (message: MessageRecord) => T): T[] => messages.map(of);
    const rows = await this.ask<{ id: string }>(INSERT, [
      column(({ id }) => id),
      column(({ lineId }) => lineId),
      column(({ chatId }) => chatId),
      column(({ userId }) => userId),
      column(({ direction }) => direction),
      column(({ at }) => date(at)),
      column(({ status }) => status),
      column(({ failureCode }) => failureCode),
      column(({ idempotencyKey }) => idempotencyKey),
      column(({ sendId }) => sendId),
      column((message) => message.class),
      column(({ recordedAt }) => date(recordedAt)),
    ]);
    return new Set(rows.map(({ id }) => id));
  }

  async advance(advances: readonly MessageAdvance[]): Promise<void> {
    if (advances.length === 0) return;
    await this.ask(ADVANCE, [
      advances.map(({ id }) => id),
      advances.map(({ status }) => status),
      advances.map(({ failureCode }) => failureCode),
      advances.map(({ sendId }) => sendId),
      advances.map(({ at }) => dateOrNull(at)),
      MESSAGE_STATUSES,
    ]);
  }
}

const BY_IDS: Prepared = {
  name: 'messages-by-ids',
  text: 'SELECT * FROM messages WHERE id = ANY($1::text[])',
};

// Rows are written in the order of ids everywhere, so that two batches never wait for each other in a circle.
const INSERT: Prepared = {
  name: 'messages-insert',
  text: `
  INSERT INTO messages (id, line_id, chat_id, user_id, direction, at, status, failure_code, idempotency_key,
    send_id, class, recorded_at)
  SELECT * FROM unnest(
    $1::text[],
    $2::uuid[],
    $3::text[],
    $4::uuid[],
    $5::text[],
    $6::timestamptz[],
    $7::text[],
    $8::int[],
    $9::text[],
    $10::uuid[],
    $11::text[],
    $12::timestamptz[])
  AS t (id, line_id, chat_id, user_id, direction, at, status, failure_code, idempotency_key, send_id, class, recorded_at)
  ORDER BY id
  ON CONFLICT DO NOTHING RETURNING id`,
};

const ADVANCE: Prepared = {
  name: 'messages-advance',
  text: `
  WITH locked AS (SELECT id FROM messages WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE)
  UPDATE messages m SET
    status = CASE WHEN array_position($6::text[], t.status) > array_position($6::text[], m.status)
      THEN t.status ELSE m.status END,
    failure_code = coalesce(m.failure_code, t.failure_code),
    send_id = coalesce(m.send_id, t.send_id),
    at = coalesce(t.at, m.at)
  FROM locked JOIN unnest($1::text[], $2::text[], $3::int[], $4::uuid[], $5::timestamptz[])
    AS t (id, status, failure_code, send_id, at) USING (id)
  WHERE m.id = locked.id`,
};

function recordOf(row: Message): MessageRecord {
  return {
    ...row,
    direction: row.direction as MessageRecord['direction'],
    status: row.status as MessageStatus,
    at: ms(row.at),
    recordedAt: ms(row.recordedAt),
  };
}
