import {
  MESSAGE_STATUSES,
  type MessageAdvance,
  type MessageRecord,
  type MessageStatus,
  MessageStore,
} from '@linekeeper/application';
import type { Db } from '../database';
import type { Message } from '../generated/client';
import { date, dateOrNull, ms } from '../values';

export class PrismaMessageStore extends MessageStore {
  constructor(private readonly db: Db) {
    super();
  }

  async byIds(ids: readonly string[]): Promise<MessageRecord[]> {
    const rows = await this.db.message.findMany({ where: { id: { in: [...ids] } } });
    return rows.map(recordOf);
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
    const rows = await this.db.message.createManyAndReturn({
      data: messages.map((message) => ({
        ...message,
        at: date(message.at),
        recordedAt: date(message.recordedAt),
      })),
      skipDuplicates: true,
      select: { id: true },
    });
    return new Set(rows.map(({ id }) => id));
  }

  async advance(advances: readonly MessageAdvance[]): Promise<void> {
    if (advances.length === 0) return;
    await this.db.$executeRaw`
      UPDATE messages m SET
        status = CASE WHEN array_position(${[...MESSAGE_STATUSES]}::text[], t.status)
            > array_position(${[...MESSAGE_STATUSES]}::text[], m.status)
          THEN t.status ELSE m.status END,
        failure_code = coalesce(m.failure_code, t.failure_code),
        send_id = coalesce(m.send_id, t.send_id),
        at = coalesce(t.at, m.at)
      FROM unnest(
        ${advances.map((a) => a.id)}::text[], ${advances.map((a) => a.status)}::text[],
        ${advances.map((a) => a.failureCode)}::int[], ${advances.map((a) => a.sendId)}::uuid[],
        ${advances.map((a) => dateOrNull(a.at))}::timestamptz[]
      ) AS t(id, status, failure_code, send_id, at)
      WHERE m.id = t.id`;
  }
}

function recordOf(row: Message): MessageRecord {
  return {
    ...row,
    direction: row.direction as MessageRecord['direction'],
    status: row.status as MessageStatus,
    at: ms(row.at),
    recordedAt: ms(row.recordedAt),
  };
}
