import { Batches, type SendBasis, type SendRecord, SendStore } from '@linekeeper/application';
import type { EpochMs, SendClass } from '@linekeeper/domain';
import type { Ask, Db, Prepared } from '../database';
import type { Send } from '../generated/client';
import { rowFromJson } from '../json-rows';
import { date, dateOrNull, ms, msOrNull } from '../values';

interface Entry {
  readonly send: SendRecord;
  readonly basis: SendBasis;
}

/** Sends that are admitted at about the same time share a statement. While one waits for a lock another goes on. */
const BOUNDS = { most: 100, inFlight: 2 };

export class PrismaSendStore extends SendStore {
  private readonly inserts: Batches<Entry, boolean>;

  constructor(
    private readonly db: Db,
    private readonly ask: Ask,
  ) {
    super();
    this.inserts = new Batches((entries) => this.insertAll(entries), BOUNDS);
  }

  insert(send: SendRecord, basis: SendBasis): Promise<boolean> {
    return this.inserts.do({ send, basis });
  }

  private async insertAll(entries: readonly Entry[]): Promise<boolean[]> {
    const send = <T>(of: (send: SendRecord) => T): T[] => entries.map((entry) => of(entry.send));
    const basis = <T>(of: (basis: SendBasis) => T): T[] => entries.map((entry) => of(entry.basis));
    const written = await this.ask<{ id: string }>(INSERT, [
      send(({ id }) => id),
      send(({ userId }) => userId),
      send(({ lineId }) => lineId),
      send(({ assignmentEpoch }) => assignmentEpoch),
      send((each) => each.class),
      send(({ messages }) => messages),
      send(({ settledMessages }) => settledMessages),
      send(({ newConversation }) => newConversation),
      send(({ state }) => state),
      send(({ policyVersion }) => policyVersion),
      send(({ admittedAt }) => date(admittedAt)),
      send(({ expiresAt }) => date(expiresAt)),
      send(({ closedAt }) => dateOrNull(closedAt)),
      basis(({ assignmentId }) => assignmentId),
      basis(({ assignmentEpoch }) => assignmentEpoch),
      basis(({ lineEpoch }) => lineEpoch),
      basis(({ suppressedAt }) => dateOrNull(suppressedAt)),
      basis(({ frozenAt }) => dateOrNull(frozenAt)),
      basis(({ marksFirstSend }) => marksFirstSend),
      basis(({ text }) => text?.hash ?? null),
      basis(({ text }) => (text === null ? null : date(text.since))),
      basis(({ text }) => text?.limit ?? null),
      basis(({ text }) => text?.enforced ?? false),
    ]);
    const ids = new Set(written.map(({ id }) => id));
    return entries.map((entry) => ids.has(entry.send.id));
  }

  async classesSince(poolId: string, since: EpochMs): Promise<Map<SendClass, number>> {
    const rows = await this.db.$queryRaw<{ class: SendClass; messages: number }[]>`
      SELECT s.class, sum(s.messages)::int AS messages
      FROM sends s JOIN lines l ON l.id = s.line_id
      WHERE l.pool_id = ${poolId}::uuid AND s.admitted_at >= ${date(since)} GROUP BY s.class`;
    return new Map(rows.map((row) => [row.class, row.messages]));
  }

  async forgetTexts(before: EpochMs): Promise<void> {
    await this.db
      .$executeRaw`DELETE FROM text_bursts WHERE ats[cardinality(ats)] < ${date(before)}`;
  }

  async byIds(ids: readonly string[]): Promise<SendRecord[]> {
    const rows = await this.ask<Record<string, unknown>>(BY_IDS, [ids]);
    return rows.map((row) => recordOf(rowFromJson(row) as unknown as Send));
  }

  async noteSeen(
    seen: readonly { id: string; messages: number }[],
    at: EpochMs,
  ): Promise<{ id: string; lineId: string; left: number }[]> {
    if (seen.length === 0) return [];
    return this.ask(NOTE_SEEN, [
      seen.map(({ id }) => id),
      seen.map(({ messages }) => messages),
      date(at),
    ]);
  }

  async openOf(userIds: readonly string[], lineIds: readonly string[]): Promise<SendRecord[]> {
    const rows = await this.db.send.findMany({
      where: {
        userId: { in: [...userIds] },
        lineId: { in: [...lineIds] },
        state: { in: ['open', 'unknown'] },
      },
      orderBy: [{ admittedAt: 'asc' }, { id: 'asc' }],
    });
    return rows.map(recordOf);
  }

  async openOnLostLines({
    after,
    before,
    limit,
  }: {
    readonly after: EpochMs;
    readonly before: EpochMs;
    readonly limit: number;
  }): Promise<SendRecord[]> {
    const rows = await this.db.send.findMany({
      where: {
        state: { in: ['open', 'unknown'] },
        admittedAt: { gt: date(after), lt: date(before) },
        lineId: {
          in: (
            await this.db.line.findMany({
              where: { OR: [{ health: 'ejected' }, { providerStatus: 'FLAGGED' }] },
              select: { id: true },
            })
          ).map(({ id }) => id),
        },
      },
      orderBy: [{ admittedAt: 'asc' }, { id: 'asc' }],
      take: limit,
    });
    return rows.map(recordOf);
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

// The row of a text is locked until the statement ends: whoever sends the same at this moment counts what we have sent.
// The mark waits for whoever changes the reservation at this moment, and then looks again at its epoch. The row of the
// user is held too: a merge under way is waited for, and the row says then whose alias they are.
const INSERT: Prepared = {
  name: 'send-insert',
  text: `
  WITH asked AS (
    SELECT * FROM unnest(
      $1::uuid[],
      $2::uuid[],
      $3::uuid[],
      $4::int[],
      $5::text[],
      $6::int[],
      $7::int[],
      $8::boolean[],
      $9::text[],
      $10::int[],
      $11::timestamptz[],
      $12::timestamptz[],
      $13::timestamptz[],
      $14::uuid[],
      $15::int[],
      $16::int[],
      $17::timestamptz[],
      $18::timestamptz[],
      $19::boolean[],
      $20::text[],
      $21::timestamptz[],
      $22::int[],
      $23::boolean[])
    AS q (id, user_id, line_id, assignment_epoch, class, messages, settled_messages, new_conversation, state,
      policy_version, admitted_at, expires_at, closed_at, assignment_id, epoch, line_epoch, suppressed_at,
      frozen_at, marks, text_hash, text_since, text_limit, text_enforced)),
  holding AS (
    SELECT q.* FROM asked q
    JOIN assignments a ON a.id = q.assignment_id AND a.epoch = q.epoch
    JOIN lines l ON l.id = q.line_id AND l.epoch = q.line_epoch
    LEFT JOIN suppressions s ON s.user_id = a.user_id
    WHERE s.suppressed_at IS NOT DISTINCT FROM q.suppressed_at
      AND (SELECT e.frozen_at FROM environment e WHERE e.id = 1) IS NOT DISTINCT FROM q.frozen_at),
  texts AS (
    SELECT text_hash, max(text_limit) AS most, min(text_since) AS since,
      (array_agg(id ORDER BY admitted_at, id))[1:max(text_limit)] AS ids,
      (array_agg(admitted_at ORDER BY admitted_at, id))[1:max(text_limit)] AS ats
    FROM holding WHERE text_hash IS NOT NULL GROUP BY text_hash),
  bursts AS (
    INSERT INTO text_bursts AS b (text_hash, send_ids, ats)
    SELECT text_hash, ids, ats FROM texts ORDER BY text_hash
    ON CONFLICT (text_hash) DO UPDATE SET (send_ids, ats) = (
      SELECT array_agg(kept.id ORDER BY kept.n), array_agg(kept.at ORDER BY kept.n) FROM (
        SELECT every.id, every.at, row_number() OVER (ORDER BY every.late, every.n) AS n FROM (
          SELECT x.id, x.at, false AS late, x.n FROM unnest(b.send_ids, b.ats) WITH ORDINALITY AS x(id, at, n)
            WHERE x.at > (SELECT t.since FROM texts t WHERE t.text_hash = b.text_hash)
          UNION ALL
          SELECT y.id, y.at, true, y.n FROM unnest(excluded.send_ids, excluded.ats) WITH ORDINALITY AS y(id, at, n)
        ) AS every) AS kept
      WHERE kept.n <= (SELECT t.most FROM texts t WHERE t.text_hash = b.text_hash))
    RETURNING b.text_hash, b.send_ids),
  first_sends AS (
    SELECT assignment_id, epoch, min(admitted_at) AS at FROM holding WHERE marks GROUP BY 1, 2),
  marked AS (
    UPDATE assignments a SET first_send_at = coalesce(a.first_send_at, f.at) FROM first_sends f
    WHERE a.id = f.assignment_id AND a.epoch = f.epoch AND a.state = 'reserved'
    RETURNING a.id)
  INSERT INTO sends (id, user_id, line_id, assignment_epoch, class, messages, settled_messages,
    new_conversation, state, policy_version, admitted_at, expires_at, closed_at)
  SELECT q.id, coalesce(u.merged_into, u.id), q.line_id, q.assignment_epoch, q.class, q.messages,
    q.settled_messages, q.new_conversation, q.state, q.policy_version, q.admitted_at, q.expires_at, q.closed_at
  FROM holding q JOIN users u ON u.id = q.user_id
  WHERE (NOT q.marks OR EXISTS (SELECT 1 FROM marked m WHERE m.id = q.assignment_id))
    AND (q.text_hash IS NULL OR NOT q.text_enforced
      OR EXISTS (SELECT 1 FROM bursts b WHERE b.text_hash = q.text_hash AND q.id = ANY (b.send_ids)))
  FOR KEY SHARE OF u
  RETURNING id`,
};

const BY_IDS: Prepared = {
  name: 'sends-by-ids',
  text: 'SELECT * FROM sends WHERE id = ANY($1::uuid[])',
};

const NOTE_SEEN: Prepared = {
  name: 'sends-note-seen',
  text: `
  WITH told AS (
    SELECT id, sum(seen)::int AS seen FROM unnest($1::uuid[], $2::int[]) AS u (id, seen) GROUP BY id),
  locked AS (SELECT id FROM sends WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE)
  UPDATE sends s SET
    settled_messages = least(s.messages, s.settled_messages + t.seen),
    state = CASE WHEN s.settled_messages + t.seen >= s.messages THEN 'settled' ELSE s.state END,
    closed_at = CASE WHEN s.settled_messages + t.seen >= s.messages
      THEN coalesce(s.closed_at, $3::timestamptz) ELSE s.closed_at END
  FROM locked JOIN told t USING (id)
  WHERE s.id = locked.id
  RETURNING s.id, s.line_id AS "lineId", s.messages - s.settled_messages AS left`,
};

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
