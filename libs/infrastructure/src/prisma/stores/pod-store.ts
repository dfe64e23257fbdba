import { type CardCount, type LinePair, PodStore } from '@linekeeper/application';
import type { EpochMs, Pod, RingLine } from '@linekeeper/domain';
import type { Db } from '../database';
import type { Pod as Row } from '../generated/client';
import { date, json } from '../values';

export class PrismaPodStore extends PodStore {
  constructor(private readonly db: Db) {
    super();
  }

  async ofPool(poolId: string): Promise<Pod[]> {
    const rows = await this.db.$queryRaw<Pick<Row, 'id' | 'generation' | 'ring'>[]>`
      SELECT id, generation, ring FROM pods WHERE pool_id = ${poolId}::uuid AND ended_at IS NULL`;
    return rows.map(podOf);
  }

  async ofLine(poolId: string, lineId: string): Promise<Pod | null> {
    const row = await this.db.pod.findFirst({
      where: { poolId, endedAt: null, lineIds: { has: lineId } },
    });
    return row && podOf(row);
  }

  async replace(
    poolId: string,
    { closed, opened }: { readonly closed: readonly string[]; readonly opened: readonly Pod[] },
    at: EpochMs,
  ): Promise<void> {
    const over = [...closed, ...opened.map(({ id }) => id)];
    await this.db.pod.updateMany({
      where: { id: { in: over }, endedAt: null },
      data: { endedAt: date(at) },
    });
    await this.db.pod.createMany({
      data: opened.map(({ id, generation, ring }) => ({
        id,
        generation,
        poolId,
        ring: json(ring),
        lineIds: ring.map((line) => line.id),
        beganAt: date(at),
      })),
    });
  }

  async pairsOnto(fallbackIds: readonly string[]): Promise<LinePair[]> {
    return this.db.$queryRaw<LinePair[]>`
      SELECT line_id AS "lineId", fallback_id AS "fallbackId", users FROM line_pairs
      WHERE fallback_id = ANY(${[...fallbackIds]}::uuid[]) AND users > 0`;
  }

  async cardCounts(poolId: string, activeSince: EpochMs): Promise<CardCount[]> {
    const rows = await this.db.$queryRaw<
      { lineId: string; fallbacks: string[]; users: number; activeUsers: number }[]
    >`
      SELECT p.line_id::text AS "lineId", p.fallbacks, count(*)::int AS users,
        (count(*) FILTER (WHERE p.last_inbound_at >= ${date(activeSince)}))::int AS "activeUsers"
      FROM (SELECT a.line_id, c.last_inbound_at,
          ARRAY(SELECT f.line_id::text FROM assignment_fallbacks f
            WHERE f.assignment_id = a.id ORDER BY f.line_id) AS fallbacks
        FROM assignments a
        LEFT JOIN conversations c ON c.pool_id = a.pool_id AND c.user_id = a.user_id
        WHERE a.pool_id = ${poolId}::uuid AND a.state <> 'released') p
      GROUP BY p.line_id, p.fallbacks`;
    return rows.map(({ lineId, fallbacks, ...counts }) => ({
      primaryLineId: lineId,
      lineIds: [lineId, ...fallbacks],
      ...counts,
    }));
  }
}

function podOf({ id, generation, ring }: Pick<Row, 'id' | 'generation' | 'ring'>): Pod {
  return { id, generation, ring: ring as unknown as RingLine[] };
}
