import {
  type AuditRecord,
  AuditStore,
  type OutboxCursor,
  type OutboxRecord,
  OutboxStore,
  type StoredEvent,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import { date, json, ms, num } from '../values';

export class PrismaAuditStore extends AuditStore {
  constructor(private readonly db: Db) {
    super();
  }

  async append(entry: AuditRecord): Promise<void> {
    await this.db.auditEntry.create({
      data: { ...entry, at: date(entry.at), change: json(entry.change) },
    });
  }

  async list(page: {
    limit: number;
    after?: string;
    subjectId?: string;
    poolIds?: readonly string[];
  }): Promise<AuditRecord[]> {
    const within = await this.idsWithin(page);
    const rows = await this.db.auditEntry.findMany({
      where: {
        ...(page.subjectId === undefined ? {} : { subjectId: page.subjectId }),
        ...(page.after === undefined ? {} : { id: { lt: page.after } }),
        ...(within === null ? {} : { AND: { id: { in: within } } }),
      },
      orderBy: { id: 'desc' },
      take: page.limit,
    });
    return rows.map((row) => ({ ...row, at: ms(row.at) }));
  }

  /** The ids of a page of deeds within the pools; null: no pools were named. */
  private async idsWithin(page: {
    limit: number;
    after?: string;
    subjectId?: string;
    poolIds?: readonly string[];
  }): Promise<string[] | null> {
    const poolIds = [...(page.poolIds ?? [])];
    if (poolIds.length === 0) return null;
    const after = page.after ?? null;
    const subjectId = page.subjectId ?? null;
    const rows = await this.db.$queryRaw<{ id: string }[]>`
      SELECT a.id FROM audit a
      WHERE (${after}::uuid IS NULL OR a.id < ${after}::uuid)
        AND (${subjectId}::text IS NULL OR a.subject_id = ${subjectId}::text)
        AND CASE a.subject_type
          WHEN 'line' THEN EXISTS (SELECT 1 FROM lines l
            WHERE l.id = a.subject_id::uuid AND l.pool_id = ANY(${poolIds}::uuid[]))
          WHEN 'assignment' THEN EXISTS (SELECT 1 FROM assignments s
            WHERE s.id = a.subject_id::uuid AND s.pool_id = ANY(${poolIds}::uuid[]))
          WHEN 'user' THEN EXISTS (SELECT 1 FROM assignments s
            WHERE s.user_id = a.subject_id::uuid AND s.pool_id = ANY(${poolIds}::uuid[]))
          WHEN 'failover' THEN EXISTS (SELECT 1 FROM failovers f JOIN lines l ON l.id = f.line_id
            WHERE f.id = a.subject_id::uuid AND l.pool_id = ANY(${poolIds}::uuid[]))
          ELSE false END
      ORDER BY a.id DESC LIMIT ${page.limit}`;
    return rows.map(({ id }) => id);
  }
}

export class PrismaOutboxStore extends OutboxStore {
  constructor(private readonly db: Db) {
    super();
  }

  async append(events: readonly OutboxRecord[]): Promise<void> {
    if (events.length === 0) return;
    await this.db.$executeRaw`
      INSERT INTO outbox_events (id, type, data, at) SELECT * FROM unnest(
        ${events.map(({ id }) => id)}::uuid[], ${events.map(({ type }) => type)}::text[],
        ${events.map(({ data }) => JSON.stringify(data))}::jsonb[],
        ${events.map(({ at }) => date(at))}::timestamptz[])`;
  }

  async poolsOf(events: readonly { readonly seq: number }[]): Promise<Map<number, string[]>> {
    // The narrowest thing an event names says whose it is: an assignment before a line, a line before a person.
    const rows = await this.db.$queryRaw<{ seq: bigint; pools: string[] }[]>`
      SELECT e.seq, ARRAY(
        SELECT s.pool_id::text FROM assignments s WHERE s.id = (e.data->>'assignmentId')::uuid
        UNION SELECT l.pool_id::text FROM lines l
          WHERE e.data->>'assignmentId' IS NULL AND l.id = (e.data->>'lineId')::uuid
        UNION SELECT l.pool_id::text FROM failovers f JOIN lines l ON l.id = f.line_id
          WHERE coalesce(e.data->>'assignmentId', e.data->>'lineId') IS NULL
            AND f.id = (e.data->>'failoverId')::uuid
        UNION SELECT s.pool_id::text FROM assignments s
          WHERE coalesce(e.data->>'assignmentId', e.data->>'lineId', e.data->>'failoverId') IS NULL
            AND s.user_id = (e.data->>'userId')::uuid) AS pools
      FROM outbox_events e WHERE e.seq = ANY(${events.map(({ seq }) => BigInt(seq))}::bigint[])`;
    return new Map(rows.map(({ seq, pools }) => [num(seq), pools]));
  }

  async after(
    cursor: OutboxCursor,
    limit: number,
  ): Promise<{ events: StoredEvent[]; cursor: OutboxCursor }> {
    const rows = await this.db.$queryRaw<
      {
        xid: bigint;
        seq: bigint;
        id: string;
        type: string;
        data: Record<string, unknown>;
        at: Date;
      }[]
    >`
      SELECT xid::text::bigint AS xid, seq, id, type, data, at FROM outbox_events
      WHERE (xid, seq) > (${String(cursor.xid)}::text::xid8, ${BigInt(cursor.seq)}::bigint)
        AND xid < pg_snapshot_xmin(pg_current_snapshot())
      ORDER BY xid, seq LIMIT ${limit}`;
    const last = rows.at(-1);
    return {
      events: rows.map((row) => ({ ...row, seq: num(row.seq), at: ms(row.at) })),
      cursor: last ? { xid: last.xid, seq: num(last.seq) } : cursor,
    };
  }

  async cursorNow(): Promise<OutboxCursor> {
    const [row] = await this.db.$queryRaw<{ xid: bigint }[]>`
      SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xid`;
    return { xid: row?.xid ?? 0n, seq: 0 };
  }

  async cursorAt(at: EpochMs): Promise<OutboxCursor> {
    const [row] = await this.db.$queryRaw<{ xid: bigint | null }[]>`
      SELECT min(xid::text::bigint) AS xid FROM outbox_events WHERE at >= ${date(at)}`;
    return row?.xid == null ? this.cursorNow() : { xid: row.xid, seq: 0 };
  }

  async cursorBefore(count: number): Promise<OutboxCursor> {
    if (count === 0) return this.cursorNow();
    const [row] = await this.db.$queryRaw<{ xid: bigint; seq: bigint }[]>`
      SELECT xid::text::bigint AS xid, seq FROM outbox_events
      WHERE xid < pg_snapshot_xmin(pg_current_snapshot())
      ORDER BY xid DESC, seq DESC OFFSET ${count} LIMIT 1`;
    return row ? { xid: row.xid, seq: num(row.seq) } : { xid: 0n, seq: 0 };
  }

  async cursorAfterSeq(seq: number): Promise<OutboxCursor> {
    const [row] = await this.db.$queryRaw<{ xid: bigint | null; next: bigint | null }[]>`
      SELECT (SELECT xid::text::bigint FROM outbox_events WHERE seq = ${BigInt(seq)}) AS xid,
        (SELECT min(xid::text::bigint) FROM outbox_events WHERE seq > ${BigInt(seq)}) AS next`;
    if (row?.xid != null) return { xid: row.xid, seq };
    return row?.next != null ? { xid: row.next, seq: 0 } : this.cursorNow();
  }

  async byId(id: string): Promise<(OutboxRecord & { seq: number }) | null> {
    const row = await this.db.outboxEvent.findUnique({ where: { id } });
    return (
      row && {
        id: row.id,
        seq: num(row.seq),
        type: row.type,
        data: row.data as OutboxRecord['data'],
        at: ms(row.at),
      }
    );
  }
}
