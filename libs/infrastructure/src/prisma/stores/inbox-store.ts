import { type InboxRecord, InboxStore } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Ask, Db, Prepared } from '../database';
import type { InboxEvent } from '../generated/client';
import { rowFromJson } from '../json-rows';
import { date, dateOrNull, ms, msOrNull } from '../values';

export class PrismaInboxStore extends InboxStore {
  constructor(
    private readonly db: Db,
    private readonly ask: Ask,
  ) {
    super();
  }

  async insert(events: readonly InboxRecord[]): Promise<Set<string>> {
    const column = <T>(of: (event: InboxRecord) => T): T[] => events.map(of);
    const inserted = await this.ask<{ event_id: string }>(INSERT, [
      column(({ eventId }) => eventId),
      column(({ eventType }) => eventType),
      column(({ orderKey }) => orderKey),
      column(({ body }) => body),
      column(({ receivedAt }) => date(receivedAt)),
      column(({ state }) => state),
      column(({ attempts }) => attempts),
      column(({ nextAttemptAt }) => date(nextAttemptAt)),
      column(({ processedAt }) => dateOrNull(processedAt)),
      column(({ lastError }) => lastError),
    ]);
    return new Set(inserted.map(({ event_id: eventId }) => eventId));
  }

  // What stands behind an event that waits for its next try must not use up the limit, or one long queue would hold
  // everybody up; so it is left out before the limit. The test at the end is for events that others have locked. Each
  // step has one index that serves it, whatever the planner believes of how much is pending: that changes by the second.
  async claim(now: EpochMs, limit: number): Promise<InboxRecord[]> {
    const rows = await this.ask<Record<string, unknown>>(CLAIM, [date(now), limit]);
    return rows.map((row) => recordOf(rowFromJson(row) as unknown as InboxEvent));
  }

  async claimOne(eventId: string): Promise<InboxRecord | null> {
    const rows = await this.db.$queryRaw<Record<string, unknown>[]>`
      SELECT * FROM inbox_events
      WHERE event_id = ${eventId} AND state = 'pending' FOR UPDATE SKIP LOCKED`;
    return rows[0] ? recordOf(rowFromJson(rows[0]) as unknown as InboxEvent) : null;
  }

  async finish(eventIds: readonly string[], state: 'done' | 'ignored', at: EpochMs): Promise<void> {
    if (eventIds.length === 0) return;
    await this.ask(FINISH, [eventIds, state, date(at)]);
  }

  async retryLater(eventId: string, nextAttemptAt: EpochMs, error: string): Promise<void> {
    await this.db.inboxEvent.updateMany({
      where: { eventId, state: 'pending' },
      data: { attempts: { increment: 1 }, nextAttemptAt: date(nextAttemptAt), lastError: error },
    });
  }

  async bury(eventId: string, error: string, at: EpochMs): Promise<void> {
    await this.db.inboxEvent.updateMany({
      where: { eventId, state: 'pending' },
      data: { state: 'dead', attempts: { increment: 1 }, processedAt: date(at), lastError: error },
    });
  }

  async revive(eventId: string, now: EpochMs): Promise<boolean> {
    const revived = await this.db.inboxEvent.updateMany({
      where: { eventId, state: 'dead' },
      data: { state: 'pending', attempts: 0, nextAttemptAt: date(now), processedAt: null },
    });
    return revived.count === 1;
  }

  async dead(page: { limit: number; after?: string }): Promise<InboxRecord[]> {
    const rows = await this.db.inboxEvent.findMany({
      where: {
        state: 'dead',
        ...(page.after === undefined ? {} : { eventId: { gt: page.after } }),
      },
      orderBy: { eventId: 'asc' },
      take: page.limit,
    });
    return rows.map(recordOf);
  }

  async counts(): Promise<{ pending: number; dead: number; oldestPendingAt: EpochMs | null }> {
    const [pending, dead] = await Promise.all([
      this.db.inboxEvent.aggregate({
        where: { state: 'pending' },
        _count: true,
        _min: { receivedAt: true },
      }),
      this.db.inboxEvent.count({ where: { state: 'dead' } }),
    ]);
    return { pending: pending._count, dead, oldestPendingAt: msOrNull(pending._min.receivedAt) };
  }

  async nextDueAt(): Promise<EpochMs | null> {
    const rows = await this.db.$queryRaw<{ at: Date | null }[]>`
      SELECT min(first.next_attempt_at) AS at FROM (
        SELECT DISTINCT ON (order_key) next_attempt_at FROM inbox_events
        WHERE state = 'pending' ORDER BY order_key, seq) AS first`;
    return msOrNull(rows[0]?.at ?? null);
  }
}

const INSERT: Prepared = {
  name: 'inbox-insert',
  text: `
  INSERT INTO inbox_events
    (event_id, event_type, order_key, body, received_at, state, attempts, next_attempt_at, processed_at, last_error)
  SELECT * FROM unnest(
    $1::text[],
    $2::text[],
    $3::text[],
    $4::text[],
    $5::timestamptz[],
    $6::text[],
    $7::int[],
    $8::timestamptz[],
    $9::timestamptz[],
    $10::text[])
  ON CONFLICT DO NOTHING RETURNING event_id`,
};

const CLAIM: Prepared = {
  name: 'inbox-claim',
  text: `
  WITH waiting AS MATERIALIZED (
    SELECT order_key, min(seq) AS seq FROM inbox_events
    WHERE state = 'pending' AND next_attempt_at > $1::timestamptz GROUP BY order_key),
  due AS (
    SELECT e.* FROM inbox_events e
    WHERE e.state = 'pending' AND e.next_attempt_at <= $1::timestamptz AND NOT EXISTS (
      SELECT 1 FROM waiting w WHERE w.order_key = e.order_key AND w.seq < e.seq)
    ORDER BY e.seq LIMIT $2::int FOR UPDATE OF e SKIP LOCKED),
  passed_over AS MATERIALIZED (
    SELECT order_key, min(seq) AS seq FROM inbox_events
    WHERE state = 'pending' AND seq < (SELECT max(seq) FROM due) AND event_id NOT IN (SELECT event_id FROM due)
    GROUP BY order_key)
  SELECT d.* FROM due d
  WHERE NOT EXISTS (SELECT 1 FROM passed_over p WHERE p.order_key = d.order_key AND p.seq < d.seq)
  ORDER BY d.seq`,
};

const FINISH: Prepared = {
  name: 'inbox-finish',
  text: `UPDATE inbox_events SET state = $2::text, processed_at = $3::timestamptz, last_error = NULL
  WHERE event_id = ANY($1::text[])`,
};

function recordOf(row: InboxEvent): InboxRecord {
  return {
    eventId: row.eventId,
    eventType: row.eventType,
    orderKey: row.orderKey,
    body: row.body,
    state: row.state as InboxRecord['state'],
    attempts: row.attempts,
    lastError: row.lastError,
    receivedAt: ms(row.receivedAt),
    nextAttemptAt: ms(row.nextAttemptAt),
    processedAt: msOrNull(row.processedAt),
  };
}
