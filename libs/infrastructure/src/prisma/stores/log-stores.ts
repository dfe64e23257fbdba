import {
  type AuditRecord,
  AuditStore,
  type OutboxRecord,
  OutboxStore,
} from '@linekeeper/application';
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

  async list(page: { limit: number; after?: string; subjectId?: string }): Promise<AuditRecord[]> {
    const rows = await this.db.auditEntry.findMany({
      where: {
        ...(page.subjectId === undefined ? {} : { subjectId: page.subjectId }),
        ...(page.after === undefined ? {} : { id: { lt: page.after } }),
      },
      orderBy: { id: 'desc' },
      take: page.limit,
    });
    return rows.map((row) => ({ ...row, at: ms(row.at) }));
  }
}

export class PrismaOutboxStore extends OutboxStore {
  constructor(private readonly db: Db) {
    super();
  }

  async append(events: readonly OutboxRecord[]): Promise<void> {
    if (events.length === 0) return;
    await this.db.outboxEvent.createMany({
      data: events.map((event) => ({ ...event, data: json(event.data), at: date(event.at) })),
    });
  }

  async since(seq: number, limit: number): Promise<(OutboxRecord & { seq: number })[]> {
    // A number is given out before its transaction ends, so a smaller one may appear after a larger one has been
    // read: what was written since the oldest transaction still under way has to wait.
    const rows = await this.db.$queryRaw<
      { seq: bigint; id: string; type: string; data: Record<string, unknown>; at: Date }[]
    >`
      SELECT seq, id, type, data, at FROM outbox_events
      WHERE seq > ${BigInt(seq)} AND xid < pg_snapshot_xmin(pg_current_snapshot())
      ORDER BY seq LIMIT ${limit}`;
    return rows.map((row) => ({ ...row, seq: num(row.seq), at: ms(row.at) }));
  }

  async lastSeq(): Promise<number> {
    const newest = await this.db.outboxEvent.findFirst({
      orderBy: { seq: 'desc' },
      select: { seq: true },
    });
    return newest ? num(newest.seq) : 0;
  }
}
