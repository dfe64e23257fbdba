import { type HeldCount, type LossReportRecord, LossStore } from '@linekeeper/application';
import type { Db } from '../database';
import { date, dateOrNull, json, ms, msOrNull, num } from '../values';

export class PrismaLossStore extends LossStore {
  constructor(private readonly db: Db) {
    super();
  }

  async of(poolId: string): Promise<LossReportRecord | null> {
    const row = await this.db.lossReport.findUnique({ where: { poolId } });
    return (
      row && {
        poolId,
        at: ms(row.at),
        policyVersion: row.policyVersion,
        body: row.body as unknown as LossReportRecord['body'],
        capacityLowSince: msOrNull(row.capacityLowSince),
        coverageLowSince: msOrNull(row.coverageLowSince),
      }
    );
  }

  async save({ poolId, ...report }: LossReportRecord): Promise<void> {
    const data = {
      at: date(report.at),
      policyVersion: report.policyVersion,
      body: json(report.body),
      capacityLowSince: dateOrNull(report.capacityLowSince),
      coverageLowSince: dateOrNull(report.coverageLowSince),
    };
    await this.db.lossReport.upsert({
      where: { poolId },
      create: { poolId, ...data },
      update: data,
    });
  }

  async heldCounts(poolId: string): Promise<HeldCount[]> {
    const rows = await this.db.$queryRaw<
      { lineId: string; held: string[]; users: number; mean: bigint; variance: bigint }[]
    >`
      SELECT p.line_id::text AS "lineId", p.held, count(*)::int AS users,
        sum(p.mean_milli)::bigint AS mean, sum(p.variance_milli)::bigint AS variance
      FROM (SELECT a.line_id, a.mean_milli, a.variance_milli,
          ARRAY(SELECT k.line_id::text FROM known_numbers k
            WHERE k.user_id = a.user_id AND k.line_id <> a.line_id ORDER BY k.line_id) AS held
        FROM assignments a
        WHERE a.pool_id = ${poolId}::uuid AND a.state <> 'released') p
      GROUP BY p.line_id, p.held`;
    return rows.map(({ lineId, held, users, mean, variance }) => ({
      primaryLineId: lineId,
      lineIds: [lineId, ...held],
      users,
      meanMilli: num(mean),
      varianceMilli: num(variance),
    }));
  }

  async uncovered(
    lost: readonly string[],
    usable: readonly string[],
    { limit, after }: { readonly limit: number; readonly after?: string },
  ): Promise<string[]> {
    const rows = await this.db.$queryRaw<{ id: string }[]>`
      SELECT a.user_id::text AS id FROM assignments a
      WHERE a.line_id = ANY(${[...lost]}::uuid[]) AND a.state <> 'released'
        AND (${after ?? null}::uuid IS NULL OR a.user_id > ${after ?? null}::uuid)
        AND NOT EXISTS (SELECT 1 FROM known_numbers k
          WHERE k.user_id = a.user_id AND k.line_id = ANY(${[...usable]}::uuid[]))
      ORDER BY a.user_id LIMIT ${limit}`;
    return rows.map(({ id }) => id);
  }
}
