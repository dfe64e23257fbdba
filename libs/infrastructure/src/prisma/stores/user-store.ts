import {
  type AssignmentState,
  type ClosedRate,
  type ParsedHandle,
  type RateToClose,
  type SuppressionRecord,
  type UserDetails,
  type UserFilter,
  type UserRecord,
  UserStore,
} from '@linekeeper/application';
import type { EpochMs, UserHistory } from '@linekeeper/domain';
import type { Ask, Db, Prepared } from '../database';
import type { Prisma } from '../generated/client';
import { rowFromJson } from '../json-rows';
import { date, dateOrNull, json, jsonOrNull, ms, msOrNull, num } from '../values';

const WITH_ALL = { handles: { orderBy: { createdAt: 'asc' } }, suppression: true } as const;
type UserRow = Omit<Prisma.UserGetPayload<{ include: typeof WITH_ALL }>, 'handles'> & {
  readonly handles: readonly { readonly kind: string; readonly value: string }[];
};
const SUPPRESSION_INSTANTS = ['suppressed_at', 'lifted_at', 'reply_allowed_until', 'updated_at'];

interface HandleRow {
  user: Record<string, unknown>;
  suppression: Record<string, unknown> | null;
  handles: { kind: string; value: string }[];
}

export class PrismaUserStore extends UserStore {
  constructor(
    private readonly db: Db,
    private readonly ask: Ask,
  ) {
    super();
  }

  async insert(user: Omit<UserRecord, 'suppression'>): Promise<void> {
    const createdAt = date(user.createdAt);
    await this.db.user.create({
      data: {
        id: user.id,
        externalId: user.externalId,
        timeZone: user.timeZone,
        expectedPerDay: user.expectedPerDay,
        discovered: user.discovered,
        labels: json(user.labels),
        consent: jsonOrNull(user.consent),
        createdAt,
        erasedAt: dateOrNull(user.erasedAt),
        handles: { create: user.handles.map((handle) => ({ ...handle, createdAt })) },
      },
    });
  }

  async insertAll(users: readonly Omit<UserRecord, 'suppression'>[]): Promise<boolean> {
    const handles = users.flatMap(({ id, createdAt, handles: all }) =>
      all.map((handle) => ({ ...handle, userId: id, createdAt })),
    );
    const column = <T>(of: (user: Omit<UserRecord, 'suppression'>) => T): T[] => users.map(of);
    const inserted = await this.db.$executeRaw`
      INSERT INTO users (id, external_id, time_zone, expected_per_day, discovered, labels, consent,
        created_at, erased_at)
      SELECT * FROM unnest(
        ${column(({ id }) => id)}::uuid[], ${column(({ externalId }) => externalId)}::text[],
        ${column(({ timeZone }) => timeZone)}::text[],
        ${column(({ expectedPerDay }) => expectedPerDay)}::float8[],
        ${column(({ discovered }) => discovered)}::boolean[],
        ${column(({ labels }) => JSON.stringify(labels))}::jsonb[],
        ${column(({ consent }) => (consent === null ? null : JSON.stringify(consent)))}::jsonb[],
        ${column(({ createdAt }) => date(createdAt))}::timestamptz[],
        ${column(({ erasedAt }) => dateOrNull(erasedAt))}::timestamptz[])
      ON CONFLICT DO NOTHING`;
    if (inserted !== users.length) return false;
    const added = await this.db.$executeRaw`
      INSERT INTO handles (value, kind, user_id, created_at)
      SELECT * FROM unnest(
        ${handles.map(({ value }) => value)}::text[], ${handles.map(({ kind }) => kind)}::text[],
        ${handles.map(({ userId }) => userId)}::uuid[],
        ${handles.map(({ createdAt }) => date(createdAt))}::timestamptz[])
      ON CONFLICT DO NOTHING`;
    return added === handles.length;
  }

  async strangers(
    people: readonly {
      handle: string;
      externalId: string | null;
      optOutHashes: readonly string[];
    }[],
  ): Promise<boolean[]> {
    const rows = await this.db.$queryRaw<{ unknown: boolean }[]>`
      SELECT NOT (EXISTS (SELECT 1 FROM handles h WHERE h.value = q.handle)
          OR EXISTS (SELECT 1 FROM users u WHERE u.external_id = q.external_id)
          OR EXISTS (SELECT 1 FROM lines l WHERE l.phone_number = q.handle)
          OR EXISTS (SELECT 1 FROM erased_opt_outs e
            WHERE e.handle_hash = ANY(string_to_array(q.hashes, ' ')))) AS unknown
      FROM unnest(
        ${people.map(({ handle }) => handle)}::text[],
        ${people.map(({ externalId }) => externalId)}::text[],
        ${people.map(({ optOutHashes }) => optOutHashes.join(' '))}::text[])
      WITH ORDINALITY AS q (handle, external_id, hashes, n) ORDER BY q.n`;
    return rows.map(({ unknown }) => unknown);
  }

  async byId(id: string): Promise<UserRecord | null> {
    const row = await this.db.user.findUnique({ where: { id }, include: WITH_ALL });
    return row && this.personOf(row);
  }

  async aliases(userId: string): Promise<string[]> {
    const rows = await this.db.user.findMany({
      where: { mergedInto: userId },
      select: { id: true },
      orderBy: { id: 'asc' },
    });
    return rows.map(({ id }) => id);
  }

  async zones(userIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.db.user.findMany({
      where: { id: { in: [...userIds] }, timeZone: { not: null } },
      select: { id: true, timeZone: true },
    });
    return new Map(rows.flatMap(({ id, timeZone }) => (timeZone ? [[id, timeZone] as const] : [])));
  }

  async byHandle(value: string): Promise<UserRecord | null> {
    const [user] = await this.byHandles([value]);
    return user ?? null;
  }

  /** One round trip: on the path of every inbound message. */
  async byHandles(values: readonly string[]): Promise<UserRecord[]> {
    const rows = await this.ask<HandleRow>(BY_HANDLES, [values]);
    return rows.map(({ user, suppression, handles }) =>
      recordOf({
        ...(rowFromJson(user, ['created_at', 'erased_at']) as unknown as UserRow),
        handles,
        suppression:
          suppression &&
          (rowFromJson(suppression, SUPPRESSION_INSTANTS) as unknown as UserRow['suppression']),
      }),
    );
  }

  async byExternalId(externalId: string): Promise<UserRecord | null> {
    const row = await this.db.user.findUnique({ where: { externalId }, include: WITH_ALL });
    return row && this.personOf(row);
  }

  /** Whom a row stands for: an alias never points at another alias. */
  private async personOf(row: UserRow & { readonly mergedInto: string | null }) {
    if (row.mergedInto === null) return recordOf(row);
    const where = { id: row.mergedInto };
    return recordOf(await this.db.user.findUniqueOrThrow({ where, include: WITH_ALL }));
  }

  async list(filter: UserFilter): Promise<UserRecord[]> {
    const assignment: Prisma.AssignmentWhereInput = {
      ...(filter.lineId === undefined ? {} : { lineId: filter.lineId }),
      ...(filter.state === undefined ? {} : { state: filter.state }),
      ...(filter.poolIds === undefined || filter.poolIds.length === 0
        ? {}
        : { poolId: { in: [...filter.poolIds] } }),
    };
    const rows = await this.db.user.findMany({
      where: {
        ...(filter.handle === undefined ? {} : { handles: { some: { value: filter.handle } } }),
        ...(filter.externalId === undefined
          ? {}
          : {
              OR: [
                { externalId: filter.externalId },
                { aliases: { some: { externalId: filter.externalId } } },
              ],
            }),
        ...(Object.keys(assignment).length === 0 ? {} : { assignments: { some: assignment } }),
        ...(filter.after === undefined ? {} : { id: { gt: filter.after } }),
        erasedAt: null,
        mergedInto: null,
      },
      include: WITH_ALL,
      orderBy: { id: 'asc' },
      take: filter.limit,
    });
    return rows.map(recordOf);
  }

  async fill(userId: string, details: Partial<UserDetails>): Promise<void> {
    const { labels, consent, ...columns } = details;
    await this.db.user.update({
      where: { id: userId },
      data: {
        ...columns,
        ...(labels === undefined ? {} : { labels: json(labels) }),
        ...(consent === undefined ? {} : { consent: jsonOrNull(consent) }),
      },
    });
  }

  async addHandle(userId: string, handle: ParsedHandle, at: EpochMs): Promise<boolean> {
    const added = await this.db.handle.createMany({
      data: [{ ...handle, userId, createdAt: date(at) }],
      skipDuplicates: true,
    });
    if (added.count === 1) return true;
    const there = await this.db.handle.findUnique({ where: { value: handle.value } });
    return there?.userId === userId;
  }

  async keepOptOuts(
    handleHashes: readonly string[],
    suppressedAt: EpochMs | null,
    at: EpochMs,
  ): Promise<void> {
    await this.db.erasedOptOut.deleteMany({ where: { handleHash: { in: [...handleHashes] } } });
    if (suppressedAt === null) return;
    await this.db.erasedOptOut.createMany({
      data: handleHashes.map((handleHash) => ({
        handleHash,
        suppressedAt: date(suppressedAt),
        erasedAt: date(at),
      })),
    });
  }

  async keptOptOut(handleHashes: readonly string[]): Promise<EpochMs | null> {
    const row = await this.db.erasedOptOut.findFirst({
      where: { handleHash: { in: [...handleHashes] } },
      orderBy: { suppressedAt: 'desc' },
    });
    return row && ms(row.suppressedAt);
  }

  async lockWishes(userId: string): Promise<SuppressionRecord | null> {
    await this.db.$queryRaw`SELECT 1 FROM users WHERE id = ${userId}::uuid FOR NO KEY UPDATE`;
    const row = await this.db.suppression.findUnique({ where: { userId } });
    return row && suppressionOf(row);
  }

  async suppress(userId: string, record: SuppressionRecord): Promise<void> {
    const data = {
      ...record,
      suppressedAt: dateOrNull(record.suppressedAt),
      liftedAt: dateOrNull(record.liftedAt),
      replyAllowedUntil: dateOrNull(record.replyAllowedUntil),
      updatedAt: date(record.updatedAt),
    };
    await this.db.suppression.upsert({
      where: { userId },
      create: { userId, ...data },
      update: data,
    });
  }

  async suppressed(page: {
    limit: number;
    after?: string;
    poolIds?: readonly string[];
  }): Promise<{ userId: string; suppression: SuppressionRecord }[]> {
    const { poolIds = [] } = page;
    const rows = await this.db.suppression.findMany({
      where: {
        suppressedAt: { not: null },
        ...(poolIds.length === 0
          ? {}
          : { user: { assignments: { some: { poolId: { in: [...poolIds] } } } } }),
        ...(page.after === undefined ? {} : { userId: { gt: page.after } }),
      },
      orderBy: { userId: 'asc' },
      take: page.limit,
    });
    return rows.map((row) => ({ userId: row.userId, suppression: suppressionOf(row) }));
  }

  async ratesToClose(query: {
    poolId: string;
    day: string;
    dayEndsAt: EpochMs;
    limit: number;
    after?: string;
  }): Promise<RateToClose[]> {
    const rows = await this.db.$queryRaw<RateRow[]>`
      SELECT a.user_id, a.id AS assignment_id, a.line_id, a.state, a.created_at, a.mean_milli,
        a.variance_milli, u.expected_per_day, r.rate_messages, r.rate_days, r.history_days,
        r.history_sum, r.history_squares, coalesce(d."in" + d.out, 0)::int AS messages
      FROM assignments a
      JOIN users u ON u.id = a.user_id
      LEFT JOIN user_rates r ON r.user_id = a.user_id
      LEFT JOIN user_days d ON d.user_id = a.user_id AND d.day = ${query.day}
      WHERE a.pool_id = ${query.poolId}::uuid AND a.created_at < ${date(query.dayEndsAt)}
        AND u.merged_into IS NULL
        AND (r.closed_day IS NULL OR r.closed_day < ${query.day})
        AND (${query.after ?? null}::uuid IS NULL OR a.user_id > ${query.after ?? null}::uuid)
      ORDER BY a.user_id LIMIT ${query.limit}`;
    return rows.map((row) => ({
      userId: row.user_id,
      assignmentId: row.assignment_id,
      lineId: row.line_id,
      state: row.state as AssignmentState,
      placedAt: ms(row.created_at),
      history: {
        days: row.history_days ?? 0,
        sum: row.history_sum ?? 0,
        sumOfSquares: row.history_squares ?? 0,
      },
      rate:
        row.rate_messages === null || row.rate_days === null
          ? null
          : { messages: row.rate_messages, days: row.rate_days },
      expectedPerDay: row.expected_per_day,
      messages: row.messages,
      meanMilli: num(row.mean_milli),
      varianceMilli: num(row.variance_milli),
    }));
  }

  async oldestOpenRates(
    poolId: string,
  ): Promise<{ placedAt: EpochMs | null; closedDay: string | null }> {
    const [row] = await this.db.$queryRaw<{ placed_at: Date | null; closed_day: string | null }[]>`
      SELECT min(a.created_at) FILTER (WHERE r.closed_day IS NULL) AS placed_at,
        min(r.closed_day) AS closed_day
      FROM assignments a LEFT JOIN user_rates r ON r.user_id = a.user_id
      WHERE a.pool_id = ${poolId}::uuid`;
    return { placedAt: msOrNull(row?.placed_at ?? null), closedDay: row?.closed_day ?? null };
  }

  async saveRates(rates: readonly ClosedRate[]): Promise<void> {
    if (rates.length === 0) return;
    await this.db.$executeRaw`
      INSERT INTO user_rates
        (user_id, rate_messages, rate_days, closed_day, history_days, history_sum, history_squares)
      SELECT * FROM unnest(
        ${rates.map((r) => r.userId)}::uuid[], ${rates.map((r) => r.rate.messages)}::float8[],
        ${rates.map((r) => r.rate.days)}::float8[], ${rates.map((r) => r.closedDay)}::text[],
        ${rates.map((r) => r.history.days)}::int[], ${rates.map((r) => r.history.sum)}::float8[],
        ${rates.map((r) => r.history.sumOfSquares)}::float8[])
      ON CONFLICT (user_id) DO UPDATE
        SET rate_messages = excluded.rate_messages, rate_days = excluded.rate_days,
          closed_day = excluded.closed_day,
          history_days = excluded.history_days, history_sum = excluded.history_sum,
          history_squares = excluded.history_squares`;
    await this.db.$executeRaw`
      UPDATE assignments x SET mean_milli = t.mean, variance_milli = t.variance
      FROM unnest(
        ${rates.map((r) => r.assignmentId)}::uuid[], ${rates.map((r) => r.meanMilli)}::bigint[],
        ${rates.map((r) => r.varianceMilli)}::bigint[]) AS t(id, mean, variance)
      WHERE x.id = t.id`;
  }

  async histories(poolId: string, minDays: number, limit: number): Promise<UserHistory[]> {
    return this.db.$queryRaw<UserHistory[]>`
      SELECT r.history_days AS days, r.history_sum AS sum, r.history_squares AS "sumOfSquares"
      FROM user_rates r JOIN assignments a ON a.user_id = r.user_id
      WHERE a.pool_id = ${poolId}::uuid AND r.history_days >= ${minDays}
      ORDER BY md5(r.user_id::text) LIMIT ${limit}`;
  }

  async erase(userId: string, at: EpochMs): Promise<void> {
    await this.db.handle.deleteMany({ where: { userId } });
    const nothing = {
      externalId: null,
      timeZone: null,
      labels: json([]),
      consent: jsonOrNull(null),
    };
    await this.db.user.updateMany({ where: { mergedInto: userId }, data: nothing });
    await this.db.user.update({ where: { id: userId }, data: { ...nothing, erasedAt: date(at) } });
  }
}

const BY_HANDLES: Prepared = {
  name: 'users-by-handles',
  text: `
  SELECT to_jsonb(u) AS "user", to_jsonb(s) AS suppression,
    (SELECT jsonb_agg(jsonb_build_object('kind', h.kind, 'value', h.value) ORDER BY h.created_at)
      FROM handles h WHERE h.user_id = u.id) AS handles
  FROM users u LEFT JOIN suppressions s ON s.user_id = u.id
  WHERE u.id IN (SELECT user_id FROM handles WHERE value = ANY($1::text[]))`,
};

interface RateRow {
  user_id: string;
  assignment_id: string;
  line_id: string;
  state: string;
  created_at: Date;
  history_days: number | null;
  history_sum: number | null;
  history_squares: number | null;
  mean_milli: bigint;
  variance_milli: bigint;
  expected_per_day: number | null;
  rate_messages: number | null;
  rate_days: number | null;
  messages: number;
}

function recordOf(row: UserRow): UserRecord {
  return {
    id: row.id,
    externalId: row.externalId,
    timeZone: row.timeZone,
    labels: row.labels as string[],
    consent: row.consent as UserRecord['consent'],
    expectedPerDay: row.expectedPerDay,
    discovered: row.discovered,
    createdAt: ms(row.createdAt),
    erasedAt: msOrNull(row.erasedAt),
    handles: row.handles.map(({ kind, value }) => ({ kind: kind as ParsedHandle['kind'], value })),
    suppression: row.suppression && suppressionOf(row.suppression),
  };
}

function suppressionOf(row: NonNullable<UserRow['suppression']>): SuppressionRecord {
  return {
    suppressedAt: msOrNull(row.suppressedAt),
    liftedAt: msOrNull(row.liftedAt),
    source: row.source,
    reason: row.reason,
    actor: row.actor,
    replyAllowedUntil: msOrNull(row.replyAllowedUntil),
    updatedAt: ms(row.updatedAt),
  };
}
