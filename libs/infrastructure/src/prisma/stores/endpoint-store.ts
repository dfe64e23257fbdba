import {
  type AttemptRecord,
  type DeliveryRecord,
  type DeliveryState,
  type EndpointChange,
  type EndpointRecord,
  EndpointStore,
  type EventType,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import type { Prisma } from '../generated/client';
import { columns, date, dateOrNull, ms, msOrNull, num } from '../values';

type EndpointRow = Prisma.WebhookEndpointGetPayload<object>;

/** A delivery with its event, as the raw statements answer. */
interface DeliveryRow {
  readonly id: string;
  readonly endpoint_id: string;
  readonly state: string;
  readonly attempts: number;
  readonly next_at: Date;
  readonly queued_at: Date;
  readonly ended_at: Date | null;
  readonly event_id: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
  readonly at: Date;
}

export class PrismaEndpointStore extends EndpointStore {
  constructor(private readonly db: Db) {
    super();
  }

  async list(): Promise<EndpointRecord[]> {
    const rows = await this.db.webhookEndpoint.findMany({ orderBy: { id: 'asc' } });
    return rows.map(endpointOf);
  }

  async byId(id: string): Promise<EndpointRecord | null> {
    const row = await this.db.webhookEndpoint.findUnique({ where: { id } });
    return row && endpointOf(row);
  }

  async lock(id: string, skipLocked = false): Promise<EndpointRecord | null> {
    const held = skipLocked
      ? await this.db.$queryRaw<unknown[]>`
          SELECT 1 FROM webhook_endpoints WHERE id = ${id}::uuid FOR UPDATE SKIP LOCKED`
      : await this.db.$queryRaw<unknown[]>`
          SELECT 1 FROM webhook_endpoints WHERE id = ${id}::uuid FOR UPDATE`;
    return held.length === 0 ? null : this.byId(id);
  }

  async waiting(now: EpochMs): Promise<string[]> {
    const rows = await this.db.$queryRaw<{ id: string }[]>`
      SELECT e.id::text AS id FROM webhook_endpoints e WHERE e.state = 'enabled' AND (
        EXISTS (SELECT 1 FROM outbox_events o
          WHERE (o.xid, o.seq) > (e.cursor_xid::text::xid8, e.cursor_seq)
            AND o.xid < pg_snapshot_xmin(pg_current_snapshot()))
        OR EXISTS (SELECT 1 FROM event_deliveries d
          WHERE d.endpoint_id = e.id AND d.state = 'pending' AND d.next_at <= ${date(now)}))`;
    return rows.map(({ id }) => id);
  }

  async insert(endpoint: EndpointRecord): Promise<void> {
    const { cursor, ...rest } = endpoint;
    await this.db.webhookEndpoint.create({
      data: {
        ...rest,
        eventTypes: [...rest.eventTypes],
        poolIds: [...rest.poolIds],
        cursorXid: cursor.xid,
        cursorSeq: BigInt(cursor.seq),
        wantsSince: date(rest.wantsSince),
        replayedAt: dateOrNull(rest.replayedAt),
        previousUntil: dateOrNull(rest.previousUntil),
        failingSince: dateOrNull(rest.failingSince),
        createdAt: date(rest.createdAt),
        updatedAt: date(rest.updatedAt),
      },
    });
  }

  async change(
    id: string,
    { cursor, ...change }: EndpointChange,
    meta: { readonly at: EpochMs; readonly raiseVersion: boolean },
  ): Promise<void> {
    const instants = ['previousUntil', 'wantsSince', 'replayedAt', 'failingSince'] as const;
    await this.db.webhookEndpoint.updateMany({
      where: { id },
      data: {
        ...columns(change, instants),
        ...(cursor ? { cursorXid: cursor.xid, cursorSeq: BigInt(cursor.seq) } : {}),
        updatedAt: date(meta.at),
        ...(meta.raiseVersion ? { version: { increment: 1 } } : {}),
      },
    });
  }

  async remove(id: string): Promise<void> {
    await this.db.webhookEndpoint.deleteMany({ where: { id } });
  }

  async queue(
    endpointId: string,
    events: readonly { readonly deliveryId: string; readonly seq: number }[],
    reopenBefore: EpochMs | null,
    at: EpochMs,
  ): Promise<number> {
    if (events.length === 0) return 0;
    return this.db.$executeRaw`
      INSERT INTO event_deliveries
        (id, endpoint_id, event_seq, state, attempts, next_at, queued_at)
      SELECT e.id, ${endpointId}::uuid, e.seq, 'pending', 0, ${date(at)}, ${date(at)}
      FROM unnest(${events.map(({ deliveryId }) => deliveryId)}::uuid[],
        ${events.map(({ seq }) => BigInt(seq))}::bigint[]) AS e (id, seq)
      ON CONFLICT (endpoint_id, event_seq) DO UPDATE SET state = 'pending', attempts = 0,
        next_at = excluded.next_at, queued_at = excluded.queued_at, ended_at = NULL
      WHERE event_deliveries.ended_at <= ${dateOrNull(reopenBefore)}::timestamptz
        OR (event_deliveries.state = 'pending'
          AND event_deliveries.queued_at <= ${dateOrNull(reopenBefore)}::timestamptz)`;
  }

  async claim(
    endpointId: string,
    limit: number,
    now: EpochMs,
    until: EpochMs,
  ): Promise<DeliveryRecord[]> {
    const rows = await this.db.$queryRaw<DeliveryRow[]>`
      WITH due AS (
        SELECT id FROM event_deliveries
        WHERE endpoint_id = ${endpointId}::uuid AND state = 'pending' AND next_at <= ${date(now)}
        ORDER BY next_at LIMIT ${limit} FOR UPDATE SKIP LOCKED),
      begun AS (
        UPDATE event_deliveries d SET attempts = d.attempts + 1, next_at = ${date(until)}
        FROM due WHERE d.id = due.id RETURNING d.*)
      SELECT d.id, d.endpoint_id, d.state, d.attempts, d.next_at, d.queued_at, d.ended_at,
        e.id AS event_id, e.type, e.data, e.at
      FROM begun d JOIN outbox_events e ON e.seq = d.event_seq ORDER BY d.event_seq`;
    return rows.map(deliveryOf);
  }

  async settle(
    delivery: Pick<DeliveryRecord, 'id' | 'attempts'>,
    outcome: { readonly state: DeliveryState; readonly nextAt: EpochMs | null },
    at: EpochMs,
  ): Promise<boolean> {
    const { count } = await this.db.eventDelivery.updateMany({
      where: { id: delivery.id, attempts: delivery.attempts, state: 'pending' },
      data: {
        state: outcome.state,
        ...(outcome.nextAt === null ? { endedAt: date(at) } : { nextAt: date(outcome.nextAt) }),
      },
    });
    return count === 1;
  }

  async log(attempt: AttemptRecord): Promise<void> {
    await this.db.deliveryAttempt.create({ data: { ...attempt, at: date(attempt.at) } });
  }

  async failed(id: string, at: EpochMs): Promise<EndpointRecord | null> {
    await this.db.$executeRaw`
      UPDATE webhook_endpoints SET failures = failures + 1,
        failing_since = coalesce(failing_since, ${date(at)}) WHERE id = ${id}::uuid`;
    return this.byId(id);
  }

  async recovered(id: string): Promise<void> {
    await this.db.webhookEndpoint.updateMany({
      where: { id, failures: { gt: 0 } },
      data: { failures: 0, failingSince: null },
    });
  }

  async deliveries(
    endpointId: string,
    page: { limit: number; after?: string; state?: DeliveryState },
  ): Promise<DeliveryRecord[]> {
    const after = page.after ?? null;
    const state = page.state ?? null;
    const rows = await this.db.$queryRaw<DeliveryRow[]>`
      SELECT d.id, d.endpoint_id, d.state, d.attempts, d.next_at, d.queued_at, d.ended_at,
        e.id AS event_id, e.type, e.data, e.at
      FROM event_deliveries d JOIN outbox_events e ON e.seq = d.event_seq
      WHERE d.endpoint_id = ${endpointId}::uuid
        AND (${state}::text IS NULL OR d.state = ${state}::text)
        AND (${after}::uuid IS NULL OR d.id < ${after}::uuid)
      ORDER BY d.id DESC LIMIT ${page.limit}`;
    return rows.map(deliveryOf);
  }

  async attempts(
    endpointId: string,
    page: { limit: number; after?: string; eventId?: string },
  ): Promise<AttemptRecord[]> {
    const rows = await this.db.deliveryAttempt.findMany({
      where: {
        endpointId,
        ...(page.eventId === undefined ? {} : { eventId: page.eventId }),
        ...(page.after === undefined ? {} : { id: { lt: page.after } }),
      },
      orderBy: { id: 'desc' },
      take: page.limit,
    });
    return rows.map((row) => ({ ...row, at: ms(row.at) }));
  }

  async counts(): Promise<{ endpointId: string; state: DeliveryState; count: number }[]> {
    const groups = await this.db.eventDelivery.groupBy({
      by: ['endpointId', 'state'],
      _count: { _all: true },
    });
    return groups.map(({ endpointId, state, _count }) => ({
      endpointId,
      state: state as DeliveryState,
      count: _count._all,
    }));
  }

  async prune(before: EpochMs, limit: number): Promise<number> {
    const attempts = await this.db.$executeRaw`
      DELETE FROM delivery_attempts WHERE id IN (
        SELECT id FROM delivery_attempts WHERE at < ${date(before)} LIMIT ${limit})`;
    const deliveries = await this.db.$executeRaw`
      DELETE FROM event_deliveries WHERE id IN (
        SELECT id FROM event_deliveries WHERE ended_at < ${date(before)} LIMIT ${limit})`;
    return attempts + deliveries;
  }
}

function endpointOf({ cursorXid, cursorSeq, ...row }: EndpointRow): EndpointRecord {
  return {
    ...row,
    eventTypes: row.eventTypes as EventType[],
    state: row.state as EndpointRecord['state'],
    cursor: { xid: cursorXid, seq: num(cursorSeq) },
    wantsSince: ms(row.wantsSince),
    replayedAt: msOrNull(row.replayedAt),
    previousUntil: msOrNull(row.previousUntil),
    failingSince: msOrNull(row.failingSince),
    createdAt: ms(row.createdAt),
    updatedAt: ms(row.updatedAt),
  };
}

function deliveryOf(row: DeliveryRow): DeliveryRecord {
  return {
    id: row.id,
    endpointId: row.endpoint_id,
    event: { id: row.event_id, type: row.type, data: row.data, at: ms(row.at) },
    state: row.state as DeliveryState,
    attempts: row.attempts,
    nextAt: ms(row.next_at),
    queuedAt: ms(row.queued_at),
    endedAt: msOrNull(row.ended_at),
  };
}
