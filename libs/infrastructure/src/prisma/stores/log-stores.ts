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
    const rows = await this.db.outboxEvent.findMany({
      where: { seq: { gt: BigInt(seq) } },
      orderBy: { seq: 'asc' },
      take: limit,
    });
    return rows.map((row) => ({
      ...row,
      seq: num(row.seq),
      data: row.data as Record<string, unknown>,
      at: ms(row.at),
    }));
  }

  async lastSeq(): Promise<number> {
    const newest = await this.db.outboxEvent.findFirst({
      orderBy: { seq: 'desc' },
      select: { seq: true },
    });
    return newest ? num(newest.seq) : 0;
  }
}
