import {
  Batches,
  type CardDue,
  type CardMessageNews,
  type CardMessageRecord,
  type CardNumbers,
  type CardOwed,
  type CardRecord,
  CardStore,
  type KnownNumberRecord,
  type Sureness,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Ask, Db, Prepared } from '../database';
import { Prisma } from '../generated/client';
import { date, ms } from '../values';

/** The last card of the assignment's pool that went to its user. */
const LAST_CARD = Prisma.sql`LEFT JOIN LATERAL (
  SELECT k.numbers FROM cards_sent z JOIN cards k ON k.version = z.version
  WHERE z.user_id = a.user_id AND k.pool_id = a.pool_id ORDER BY z.at DESC, z.id DESC LIMIT 1) last ON true`;
/** Why that user is to be given another; null when they are not. */
const WHY = Prisma.sql`CASE WHEN last.numbers IS NULL THEN 'none'
  WHEN EXISTS (SELECT 1 FROM unnest(last.numbers) AS n(number)
      LEFT JOIN lines l ON l.phone_number = n.number WHERE l.id IS NULL OR l.admin_state = 'retired')
    OR EXISTS (SELECT 1 FROM assignment_fallbacks f JOIN lines l ON l.id = f.line_id
      WHERE f.assignment_id = a.id AND l.admin_state <> 'retired' AND NOT EXISTS (
        SELECT 1 FROM known_numbers h WHERE h.user_id = a.user_id AND h.line_id = f.line_id))
  THEN 'stale' END`;

/** Cards that are asked for at about the same time share a statement; it waits for no lock. */
const BOUNDS = { most: 100, inFlight: 1 };

interface NumbersRow {
  /** Of the user, from 1. */
  readonly n: number;
  readonly pool_id: string;
  readonly pool_version: string;
  readonly numbers: string[];
}

// The order of cardLines: the primary, whatever became of it, then the fallbacks that are still ours.
const NUMBERS_NOW: Prepared = {
  name: 'card-numbers-now',
  text: `
  SELECT q.n::int AS n, a.pool_id, p.xmin::text AS pool_version, ARRAY(
    SELECT l.phone_number FROM (
      SELECT a.line_id, -1 AS position
      UNION ALL SELECT f.line_id, f.position FROM assignment_fallbacks f WHERE f.assignment_id = a.id) n
    JOIN lines l ON l.id = n.line_id
    WHERE n.position < 0 OR l.admin_state <> 'retired' ORDER BY n.position) AS numbers
  FROM unnest($1::uuid[]) WITH ORDINALITY AS q (id, n)
  JOIN LATERAL (SELECT * FROM users x WHERE x.id = q.id LIMIT 1) u ON true
  JOIN assignments a ON a.user_id = u.id JOIN pools p ON p.id = a.pool_id
  WHERE u.erased_at IS NULL AND u.merged_into IS NULL`,
};

const SURENESS_ORDER: readonly Sureness[] = ['sent', 'delivered', 'known'];

export class PrismaCardStore extends CardStore {
  private readonly numbers: Batches<string, CardNumbers[]>;

  constructor(
    private readonly db: Db,
    private readonly ask: Ask,
  ) {
    super();
    this.numbers = new Batches((userIds) => this.numbersOf(userIds), BOUNDS);
  }

  async byVersion(version: string): Promise<CardRecord | null> {
    const row = await this.db.card.findUnique({ where: { version } });
    if (!row) return null;
    const { poolId, numbers, vcf, createdAt } = row;
    return { version, poolId, numbers, vcf, createdAt: ms(createdAt) };
  }

  async unmade(versions: readonly string[]): Promise<string[]> {
    const rows = await this.db.$queryRaw<{ version: string }[]>`
      SELECT q.version FROM unnest(${[...versions]}::text[]) AS q (version)
      WHERE NOT EXISTS (SELECT 1 FROM cards k WHERE k.version = q.version)`;
    return rows.map(({ version }) => version);
  }

  numbersNow(userId: string): Promise<CardNumbers[]> {
    return this.numbers.do(userId);
  }

  private async numbersOf(userIds: readonly string[]): Promise<CardNumbers[][]> {
    const rows = await this.ask<NumbersRow>(NUMBERS_NOW, [[...userIds]]);
    const answers: CardNumbers[][] = userIds.map(() => []);
    for (const { n, pool_id: poolId, pool_version: poolVersion, numbers } of rows) {
      answers[n - 1]?.push({ poolId, poolVersion, numbers });
    }
    return answers;
  }

  async keep(cards: readonly CardRecord[]): Promise<void> {
    const column = <T>(of: (card: CardRecord) => T): T[] => cards.map(of);
    await this.db.$executeRaw`
      INSERT INTO cards (version, pool_id, numbers, vcf, created_at)
      SELECT version, pool_id, string_to_array(numbers, ' '), vcf, created_at FROM unnest(
        ${column(({ version }) => version)}::text[], ${column(({ poolId }) => poolId)}::uuid[],
        ${column(({ numbers }) => numbers.join(' '))}::text[], ${column(({ vcf }) => vcf)}::text[],
        ${column(({ createdAt }) => date(createdAt))}::timestamptz[]
      ) AS c (version, pool_id, numbers, vcf, created_at)
      ON CONFLICT DO NOTHING`;
  }

  async recordSent(entry: {
    id: string;
    userId: string;
    version: string;
    channel: string;
    actor: string;
    at: EpochMs;
  }): Promise<void> {
    await this.db.cardSent.createMany({
      data: [{ ...entry, at: date(entry.at) }],
      skipDuplicates: true,
    });
  }

  async takeBackSent(id: string): Promise<void> {
    await this.db.$executeRaw`
      WITH gone AS (DELETE FROM cards_sent WHERE id = ${id}::uuid RETURNING user_id, version)
      DELETE FROM known_numbers h USING gone g, cards k, lines l
      WHERE k.version = g.version AND l.phone_number = ANY(k.numbers)
        AND h.user_id = g.user_id AND h.line_id = l.id AND h.sureness = 'sent'
        AND NOT EXISTS (SELECT 1 FROM cards_sent z JOIN cards o ON o.version = z.version
          WHERE z.user_id = g.user_id AND z.id <> ${id}::uuid AND l.phone_number = ANY(o.numbers))`;
  }

  async due(userId: string, poolId: string): Promise<CardDue | null> {
    const [row] = await this.db.$queryRaw<{ why: CardDue | null }[]>`
      SELECT ${WHY} AS why FROM assignments a ${LAST_CARD}
      WHERE a.user_id = ${userId}::uuid AND a.pool_id = ${poolId}::uuid AND a.state <> 'released'`;
    return row?.why ?? null;
  }

  async countDue(poolIds: readonly string[]): Promise<{ none: number; stale: number }> {
    const [row] = await this.db.$queryRaw<{ none: number; stale: number }[]>`
      SELECT count(*) FILTER (WHERE why = 'none')::int AS none,
        count(*) FILTER (WHERE why = 'stale')::int AS stale
      FROM (SELECT ${WHY} AS why FROM assignments a ${LAST_CARD}
        WHERE a.state <> 'released'
          AND (${poolIds.length === 0} OR a.pool_id = ANY(${[...poolIds]}::uuid[]))) AS each`;
    return row ?? { none: 0, stale: 0 };
  }

  owed(query: {
    activeSince: EpochMs;
    tried: EpochMs;
    reissued: EpochMs;
    limit: number;
  }): Promise<CardOwed[]> {
    const since = date(query.activeSince);
    return this.db.$queryRaw<CardOwed[]>`
      WITH active AS (
        SELECT v.user_id, v.pool_id, max(c.last_activity_at) AS at
        FROM chats c JOIN conversations v ON v.id = c.conversation_id
        WHERE c.last_activity_at >= ${since} AND v.last_inbound_at >= ${since}
          AND NOT c.is_group AND c.health IN ('HEALTHY', 'AT_RISK')
          AND EXISTS (SELECT 1 FROM messages o WHERE o.chat_id = c.id AND o.direction = 'out'
            AND o.status <> 'failed' AND o.at > (SELECT min(i.at) FROM messages i
              WHERE i.chat_id = c.id AND i.direction = 'in'))
        GROUP BY v.user_id, v.pool_id),
      owed AS (
        SELECT a.user_id, a.pool_id, active.at, ${WHY} AS why
        FROM active JOIN assignments a USING (user_id, pool_id) ${LAST_CARD}
        WHERE a.state <> 'released')
      SELECT user_id AS "userId", pool_id AS "poolId", why FROM owed
      WHERE why IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM suppressions p
          WHERE p.user_id = owed.user_id AND p.suppressed_at IS NOT NULL)
        AND NOT EXISTS (SELECT 1 FROM card_messages m
          WHERE m.user_id = owed.user_id AND (m.state = 'asked' OR m.at > ${date(query.tried)}))
        AND (why = 'none' OR NOT EXISTS (SELECT 1 FROM card_messages m
          WHERE m.user_id = owed.user_id AND m.state <> 'failed' AND m.at > ${date(query.reissued)}))
      ORDER BY why, at DESC LIMIT ${query.limit}`;
  }

  async attachment(version: string): Promise<string | null> {
    const row = await this.db.card.findUnique({
      where: { version },
      select: { attachmentId: true },
    });
    return row?.attachmentId ?? null;
  }

  async keepAttachment(version: string, attachmentId: string): Promise<void> {
    await this.db.card.update({ where: { version }, data: { attachmentId } });
  }

  async addMessage(message: CardMessageRecord): Promise<void> {
    await this.db.cardMessage.create({ data: { ...message, at: date(message.at) } });
  }

  async messagesBehind(since: EpochMs, limit: number): Promise<CardMessageNews[]> {
    const rows = await this.db.$queryRaw<(Omit<CardMessageNews, 'at'> & { at: Date })[]>`
      SELECT * FROM (
        SELECT c.send_id AS "sendId", c.user_id AS "userId", c.version, c.at, c.state AS before,
          CASE WHEN m.status IN ('delivered', 'read') THEN 'delivered'
            WHEN m.status IN ('sent', 'failed') THEN m.status
            WHEN m.id IS NULL AND s.state IN ('released', 'expired') THEN 'failed'
            ELSE c.state END AS state
        FROM card_messages c
        LEFT JOIN messages m
          ON m.user_id = c.user_id AND m.at >= c.at - interval '1 hour' AND m.send_id = c.send_id
        LEFT JOIN sends s ON s.id = c.send_id
        WHERE c.state <> 'delivered' AND c.at >= ${date(since)}) AS each
      WHERE state <> before ORDER BY at LIMIT ${limit}`;
    return rows.map((row) => ({ ...row, at: ms(row.at) }));
  }

  async advanceMessage(sendId: string, state: CardMessageRecord['state']): Promise<void> {
    await this.db.cardMessage.update({ where: { sendId }, data: { state } });
  }

  async sentTo(userId: string): Promise<{ version: string; channel: string; at: EpochMs }[]> {
    const rows = await this.db.cardSent.findMany({
      where: { userId },
      orderBy: { at: 'asc' },
      select: { version: true, channel: true, at: true },
    });
    return rows.map((row) => ({ ...row, at: ms(row.at) }));
  }

  async know(entries: readonly KnownNumberRecord[], at: EpochMs): Promise<void> {
    if (entries.length === 0) return;
    await this.ask(KNOW, [
      entries.map((e) => e.userId),
      entries.map((e) => e.lineId),
      entries.map((e) => e.sureness),
      entries.map((e) => e.position),
      date(at),
      SURENESS_ORDER,
    ]);
  }

  async known(userIds: readonly string[]): Promise<KnownNumberRecord[]> {
    return this.ask<KnownNumberRecord>(KNOWN, [userIds]);
  }
}

const KNOW: Prepared = {
  name: 'cards-know',
  text: `
  INSERT INTO known_numbers AS k (user_id, line_id, sureness, position, first_at, updated_at)
  SELECT DISTINCT ON (user_id, line_id) user_id, line_id, sureness, position, $5::timestamptz, $5::timestamptz
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[]) AS t (user_id, line_id, sureness, position)
  ORDER BY user_id, line_id, array_position($6::text[], sureness) DESC
  ON CONFLICT (user_id, line_id) DO UPDATE SET
    sureness = CASE WHEN array_position($6::text[], excluded.sureness) > array_position($6::text[], k.sureness)
      THEN excluded.sureness ELSE k.sureness END,
    position = least(k.position, excluded.position),
    updated_at = excluded.updated_at
  WHERE array_position($6::text[], excluded.sureness) > array_position($6::text[], k.sureness)
    OR excluded.position < k.position`,
};

const KNOWN: Prepared = {
  name: 'cards-known',
  text: `
  SELECT user_id AS "userId", line_id AS "lineId", sureness, position FROM known_numbers
  WHERE user_id = ANY($1::uuid[]) ORDER BY user_id, position, line_id`,
};
