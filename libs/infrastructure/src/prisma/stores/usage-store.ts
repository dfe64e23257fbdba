import {
  type LineDayRecord,
  type LineEvidence,
  type UsageHour,
  UsageStore,
  type UserDay,
} from '@linekeeper/application';
import { type EpochMs, type FleetDay, HOUR_MS } from '@linekeeper/domain';
import type { Ask, Db, Prepared } from '../database';
import { date, json, ms } from '../values';

export class PrismaUsageStore extends UsageStore {
  constructor(
    private readonly db: Db,
    private readonly ask: Ask,
  ) {
    super();
  }

  async add(hours: readonly UsageHour[], days: readonly UserDay[]): Promise<UsageHour[]> {
    const totals = hours.length > 0 ? await this.addHours(hours) : [];
    if (days.length > 0) await this.addDays(days);
    return totals;
  }

  private addHours(hours: readonly UsageHour[]): Promise<UsageHour[]> {
    return this.ask<UsageHour>(ADD_HOURS, [
      hours.map((h) => h.lineId),
      hours.map((h) => h.hour),
      hours.map((h) => h.in),
      hours.map((h) => h.out),
      hours.map((h) => h.started),
    ]);
  }

  private async addDays(days: readonly UserDay[]): Promise<void> {
    await this.ask(ADD_DAYS, [
      days.map((d) => d.userId),
      days.map((d) => d.day),
      days.map((d) => d.in),
      days.map((d) => d.out),
    ]);
  }

  hours(lineIds: readonly string[], fromHour: number, toHour: number): Promise<UsageHour[]> {
    return this.db.lineHour.findMany({
      where: { lineId: { in: [...lineIds] }, hour: { gte: fromHour, lte: toHour } },
      orderBy: [{ lineId: 'asc' }, { hour: 'asc' }],
    });
  }

  async lineEvidence(lineId: string, from: EpochMs, to: EpochMs): Promise<LineEvidence> {
    const [row] = await this.db.$queryRaw<
      {
        in: number;
        out: number;
        recipients: number;
        replied: number;
        failures: number;
        opt_outs: number;
      }[]
    >`
      WITH day AS (
        SELECT user_id, direction, status FROM messages
        WHERE line_id = ${lineId}::uuid AND at >= ${date(from)} AND at < ${date(to)}),
      told AS (SELECT DISTINCT user_id FROM day WHERE direction = 'out' AND user_id IS NOT NULL)
      SELECT
        (SELECT count(*)::int FROM day WHERE direction = 'in') AS "in",
        (SELECT count(*)::int FROM day WHERE direction = 'out') AS out,
        (SELECT count(*)::int FROM told) AS recipients,
        (SELECT count(*)::int FROM told WHERE EXISTS (
          SELECT 1 FROM day WHERE day.user_id = told.user_id AND day.direction = 'in')) AS replied,
        (SELECT count(DISTINCT user_id)::int FROM day WHERE direction = 'out' AND status = 'failed') AS failures,
        (SELECT count(*)::int FROM told JOIN suppressions s ON s.user_id = told.user_id
          WHERE s.suppressed_at >= ${date(from)} AND s.suppressed_at < ${date(to)}) AS opt_outs`;
    return {
      in: row?.in ?? 0,
      out: row?.out ?? 0,
      recipients: row?.recipients ?? 0,
      replied: row?.replied ?? 0,
      failures: row?.failures ?? 0,
      optOuts: row?.opt_outs ?? 0,
    };
  }

  async closeLineDay(day: LineDayRecord): Promise<boolean> {
    const inserted = await this.db.lineDay.createMany({
      data: [{ ...day, reasons: json(day.reasons), closedAt: date(day.closedAt) }],
      skipDuplicates: true,
    });
    return inserted.count === 1;
  }

  async lineDays(lineId: string, limit: number): Promise<LineDayRecord[]> {
    const rows = await this.db.lineDay.findMany({
      where: { lineId },
      orderBy: { day: 'desc' },
      take: limit,
    });
    return rows.map((row) => ({
      ...row,
      reasons: row.reasons as string[],
      closedAt: ms(row.closedAt),
    }));
  }

  async lastClosedDay(lineId: string): Promise<string | null> {
    const [newest] = await this.lineDays(lineId, 1);
    return newest?.day ?? null;
  }

  async lastClosedDays(poolId: string): Promise<ReadonlyMap<string, string>> {
    const rows = await this.db.$queryRaw<{ line_id: string; day: string | null }[]>`
      SELECT l.id AS line_id, (SELECT max(d.day) FROM line_days d WHERE d.line_id = l.id) AS day
      FROM lines l WHERE l.pool_id = ${poolId}::uuid`;
    return new Map(rows.flatMap(({ line_id, day }) => (day === null ? [] : [[line_id, day]])));
  }

  async addFleetDay(poolId: string, { day, messages, mean, variance }: FleetDay): Promise<void> {
    await this.db.$executeRaw`
      INSERT INTO pool_days AS d (pool_id, day, messages, mean, variance)
      VALUES (${poolId}::uuid, ${day}, ${messages}::float8, ${mean}::float8, ${variance}::float8)
      ON CONFLICT (pool_id, day) DO UPDATE SET messages = d.messages + excluded.messages,
        mean = d.mean + excluded.mean, variance = d.variance + excluded.variance`;
  }

  async fleetDays(poolId: string, limit: number): Promise<FleetDay[]> {
    const rows = await this.db.poolDay.findMany({
      where: { poolId },
      orderBy: { day: 'desc' },
      take: limit,
    });
    return rows
      .map(({ day, messages, mean, variance }) => ({ day, messages, mean, variance }))
      .reverse();
  }

  async differences(
    fromHour: number,
  ): Promise<(UsageHour & { stored: { in: number; out: number } })[]> {
    const rows = await this.db.$queryRaw<
      {
        line_id: string;
        hour: number;
        in: number;
        out: number;
        started: number;
        had_in: number;
        had_out: number;
      }[]
    >`
      WITH seen AS (
        SELECT line_id, floor(extract(epoch FROM at) / 3600)::int AS hour,
          count(*) FILTER (WHERE direction = 'in')::int AS "in",
          count(*) FILTER (WHERE direction = 'out')::int AS out
        FROM messages WHERE at >= ${date(fromHour * HOUR_MS)} GROUP BY 1, 2),
      kept AS (SELECT * FROM line_hours WHERE hour >= ${fromHour})
      SELECT coalesce(s.line_id, k.line_id) AS line_id, coalesce(s.hour, k.hour) AS hour,
        coalesce(s."in", 0) AS "in", coalesce(s.out, 0) AS out, coalesce(k.started, 0) AS started,
        coalesce(k."in", 0) AS had_in, coalesce(k.out, 0) AS had_out
      FROM seen s FULL JOIN kept k ON k.line_id = s.line_id AND k.hour = s.hour
      WHERE coalesce(s."in", 0) <> coalesce(k."in", 0) OR coalesce(s.out, 0) <> coalesce(k.out, 0)`;
    return rows.map((row) => ({
      lineId: row.line_id,
      hour: row.hour,
      in: row.in,
      out: row.out,
      started: row.started,
      stored: { in: row.had_in, out: row.had_out },
    }));
  }
}

const ADD_HOURS: Prepared = {
  name: 'usage-add-hours',
  text: `
  INSERT INTO line_hours AS h (line_id, hour, "in", out, started)
  SELECT line_id, hour, sum(i)::int, sum(o)::int, sum(s)::int
  FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::int[]) AS t (line_id, hour, i, o, s)
  GROUP BY line_id, hour ORDER BY line_id, hour
  ON CONFLICT (line_id, hour) DO UPDATE SET
    "in" = h."in" + excluded."in", out = h.out + excluded.out, started = h.started + excluded.started
  RETURNING line_id AS "lineId", hour, "in", out, started`,
};

const ADD_DAYS: Prepared = {
  name: 'usage-add-days',
  text: `
  INSERT INTO user_days AS d (user_id, day, "in", out)
  SELECT user_id, day, sum(i)::int, sum(o)::int
  FROM unnest($1::uuid[], $2::text[], $3::int[], $4::int[]) AS t (user_id, day, i, o)
  GROUP BY user_id, day ORDER BY user_id, day
  ON CONFLICT (user_id, day) DO UPDATE SET "in" = d."in" + excluded."in", out = d.out + excluded.out`,
};
