import {
  type EvidenceRecord,
  EvidenceStore,
  type ProbeOutcome,
  type ProbeRecord,
  type RecipientOutcome,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Ask, Db, Prepared } from '../database';
import type { LineEvidence } from '../generated/client';
import { date, dateOrNull, ms, msOrNull } from '../values';

export class PrismaEvidenceStore extends EvidenceStore {
  constructor(
    private readonly db: Db,
    private readonly ask: Ask,
  ) {
    super();
  }

  async note(outcomes: readonly RecipientOutcome[], withinMs: number): Promise<void> {
    if (outcomes.length === 0) return;
    await this.ask(NOTE, [
      outcomes.map((o) => o.lineId),
      outcomes.map((o) => o.userId),
      outcomes.map((o) => date(o.at)),
      outcomes.map((o) => o.outcome === 'bad'),
      withinMs / 1_000,
    ]);
  }

  async isPending(): Promise<boolean> {
    const row = await this.db.recipientOutcome.findFirst({
      where: { taken: false },
      select: { lineId: true },
    });
    return row !== null;
  }

  async take(lineIds: readonly string[]): Promise<RecipientOutcome[]> {
    const rows = await this.db.recipientOutcome.updateManyAndReturn({
      where: { lineId: { in: [...lineIds] }, taken: false },
      data: { taken: true },
    });
    return rows
      .map(({ lineId, userId, at, bad }) => ({
        ...{ lineId, userId, at: ms(at) },
        outcome: bad ? ('bad' as const) : ('good' as const),
      }))
      .sort((a, b) => a.at - b.at || (a.userId < b.userId ? -1 : 1));
  }

  async shares(since: EpochMs): Promise<Map<string, { good: number; bad: number }>> {
    const rows = await this.db.$queryRaw<{ line_id: string; good: number; bad: number }[]>`
      SELECT line_id, (count(*) FILTER (WHERE NOT bad))::int AS good, (count(*) FILTER (WHERE bad))::int AS bad
      FROM recipient_outcomes WHERE at >= ${date(since)} GROUP BY line_id`;
    return new Map(rows.map(({ line_id, good, bad }) => [line_id, { good, bad }]));
  }

  async recipientsOfWeek(lineIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.db.$queryRaw<{ id: string; recipients: number }[]>`
      SELECT l.id::text AS id, (SELECT coalesce(sum(d.recipients), 0)::int FROM (
        SELECT recipients FROM line_days WHERE line_id = l.id ORDER BY day DESC LIMIT 7) d) AS recipients
      FROM unnest(${[...lineIds]}::uuid[]) AS l (id)`;
    return new Map(rows.map(({ id, recipients }) => [id, recipients]));
  }

  async list(): Promise<EvidenceRecord[]> {
    return (await this.db.lineEvidence.findMany()).map(recordOf);
  }

  async of(lineId: string): Promise<EvidenceRecord | null> {
    const row = await this.db.lineEvidence.findUnique({ where: { lineId } });
    return row && recordOf(row);
  }

  async save(records: readonly EvidenceRecord[], at: EpochMs): Promise<void> {
    for (const record of records) {
      const data = {
        ...record,
        suspectSince: dateOrNull(record.suspectSince),
        alarmedAt: dateOrNull(record.alarmedAt),
        updatedAt: date(at),
      };
      const { lineId } = record;
      await this.db.lineEvidence.upsert({ where: { lineId }, create: data, update: data });
    }
  }

  async noteProbe(probe: ProbeRecord): Promise<void> {
    await this.db.canaryProbe.createMany({
      data: [{ ...probe, at: date(probe.at) }],
      skipDuplicates: true,
    });
  }

  async probes(since: EpochMs): Promise<ProbeOutcome[]> {
    const rows = await this.db.$queryRaw<
      { line_id: string; handle: string; at: Date; status: string | null }[]
    >`
      SELECT p.line_id, p.handle, p.at, m.status
      FROM canary_probes p LEFT JOIN messages m ON m.id = p.message_id
      WHERE p.at >= ${date(since)} ORDER BY p.at`;
    return rows.map(({ line_id, handle, at, status }) => ({
      ...{ lineId: line_id, handle, at: ms(at) },
      ok: status === 'failed' ? false : ARRIVED.includes(status ?? '') ? true : null,
    }));
  }

  async forget(before: EpochMs): Promise<void> {
    await this.db.recipientOutcome.deleteMany({ where: { taken: true, at: { lt: date(before) } } });
    await this.db.canaryProbe.deleteMany({ where: { at: { lt: date(before) } } });
  }
}

// Of one recipient in one batch the earliest; in the order of the key, so that two batches never wait in a circle.
const NOTE: Prepared = {
  name: 'evidence-note',
  text: `
  INSERT INTO recipient_outcomes (line_id, user_id, at, bad, taken)
  SELECT DISTINCT ON (t.line_id, t.user_id) t.line_id, t.user_id, t.at, t.bad, false
  FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::bool[]) AS t (line_id, user_id, at, bad)
  ORDER BY t.line_id, t.user_id, t.at, t.bad DESC
  ON CONFLICT (line_id, user_id) DO UPDATE SET at = excluded.at, bad = excluded.bad, taken = false
  WHERE excluded.at - recipient_outcomes.at >= make_interval(secs => $5::float8)`,
};

const ARRIVED: readonly string[] = ['delivered', 'read'];

function recordOf({ updatedAt: _, ...row }: LineEvidence): EvidenceRecord {
  return {
    ...row,
    suspectSince: msOrNull(row.suspectSince),
    alarmedAt: msOrNull(row.alarmedAt),
  };
}
