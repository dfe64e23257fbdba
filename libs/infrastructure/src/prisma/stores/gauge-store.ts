import { type FailoverState, GaugeStore } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import { msOrNull } from '../values';

export class PrismaGaugeStore extends GaugeStore {
  constructor(private readonly db: Db) {
    super();
  }

  async inbox(): Promise<{ pending: number; dead: number; oldestPendingAt: EpochMs | null }> {
    const [row] = await this.db.$queryRaw<{ pending: number; dead: number; oldest: Date | null }[]>`
      SELECT p.pending, p.oldest,
        (SELECT count(*)::int FROM inbox_events WHERE state = 'dead') AS dead
      FROM (SELECT count(*)::int AS pending, min(received_at) AS oldest
        FROM inbox_events WHERE state = 'pending') p`;
    return {
      pending: row?.pending ?? 0,
      dead: row?.dead ?? 0,
      oldestPendingAt: msOrNull(row?.oldest ?? null),
    };
  }

  async failovers(): Promise<{ state: FailoverState; count: number }[]> {
    const rows = await this.db.failover.groupBy({
      by: ['state'],
      where: { state: { in: ['planned', 'running', 'paused'] } },
      _count: true,
    });
    return rows.map(({ state, _count }) => ({ state: state as FailoverState, count: _count }));
  }

  needsIntroduction(): Promise<number> {
    return this.db.assignment.count({ where: { state: 'needs-introduction' } });
  }

  async coverage(
    usableLineIds: readonly string[],
    sample: number,
  ): Promise<{ sent: number; delivered: number; known: number }> {
    // Whole pages are drawn, so the cost is that of the sample. A table never analysed tells no size and is small.
    const [row] = await this.db.$queryRaw<
      Record<'users' | 'sent' | 'delivered' | 'known', number>[]
    >`
      WITH drawn AS (
        SELECT a.user_id, a.line_id FROM assignments a TABLESAMPLE SYSTEM (
          (SELECT least(100, 100.0 * ${sample}::int / greatest(reltuples, 1))
            FROM pg_class WHERE oid = 'assignments'::regclass)) REPEATABLE (1)
        WHERE a.state <> 'released'),
      best AS (
        SELECT (SELECT max(array_position(ARRAY['sent', 'delivered', 'known'], k.sureness))
          FROM known_numbers k WHERE k.user_id = d.user_id AND k.line_id <> d.line_id
            AND k.line_id = ANY(${[...usableLineIds]}::uuid[])) AS rank
        FROM drawn d)
      SELECT count(*)::int AS users, count(*) FILTER (WHERE rank >= 1)::int AS sent,
        count(*) FILTER (WHERE rank >= 2)::int AS delivered, count(*) FILTER (WHERE rank >= 3)::int AS known
      FROM best`;
    const share = (count: number): number => (row && row.users > 0 ? count / row.users : 1);
    return {
      sent: share(row?.sent ?? 0),
      delivered: share(row?.delivered ?? 0),
      known: share(row?.known ?? 0),
    };
  }
}
