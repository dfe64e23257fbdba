import { type GapReading, type GapRecord, GapStore } from '@linekeeper/application';
import type { GapCause } from '@linekeeper/domain';
import type { Db } from '../database';
import { dateOrNull, date, ms, msOrNull } from '../values';

export class PrismaGapStore extends GapStore {
  constructor(private readonly db: Db) {
    super();
  }

  async list(): Promise<GapRecord[]> {
    const rows = await this.db.lineGap.findMany();
    return rows.map((row) => ({
      lineId: row.lineId,
      completeUntil: ms(row.completeUntil),
      readAt: ms(row.readAt),
      suspectedAt: msOrNull(row.suspectedAt),
      cause: row.cause as GapCause | null,
      reading: row.reading as unknown as GapReading | null,
      lookedAt: ms(row.lookedAt),
    }));
  }

  async save(records: readonly GapRecord[]): Promise<void> {
    if (records.length === 0) return;
    await this.db.$executeRaw`
      INSERT INTO line_gaps
        (line_id, complete_until, read_at, suspected_at, cause, reading, looked_at)
      SELECT * FROM unnest(
        ${records.map((r) => r.lineId)}::uuid[],
        ${records.map((r) => date(r.completeUntil))}::timestamptz[],
        ${records.map((r) => date(r.readAt))}::timestamptz[],
        ${records.map((r) => dateOrNull(r.suspectedAt))}::timestamptz[],
        ${records.map((r) => r.cause)}::text[],
        ${records.map((r) => r.reading && JSON.stringify(r.reading))}::jsonb[],
        ${records.map((r) => date(r.lookedAt))}::timestamptz[])
      ON CONFLICT (line_id) DO UPDATE SET complete_until = excluded.complete_until,
        read_at = excluded.read_at, suspected_at = excluded.suspected_at, cause = excluded.cause,
        reading = excluded.reading, looked_at = excluded.looked_at`;
  }
}
