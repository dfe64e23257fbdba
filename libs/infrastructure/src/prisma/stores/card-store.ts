import {
  type CardRecord,
  CardStore,
  type KnownNumberRecord,
  type Sureness,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import { date, ms } from '../values';

const SURENESS_ORDER: readonly Sureness[] = ['sent', 'delivered', 'known'];

export class PrismaCardStore extends CardStore {
  constructor(private readonly db: Db) {
    super();
  }

  async byVersion(version: string): Promise<CardRecord | null> {
    const row = await this.db.card.findUnique({ where: { version } });
    return row && { ...row, createdAt: ms(row.createdAt) };
  }

  async keep(card: CardRecord): Promise<void> {
    await this.db.card.createMany({
      data: [{ ...card, numbers: [...card.numbers], createdAt: date(card.createdAt) }],
      skipDuplicates: true,
    });
  }

  async recordSent(entry: {
    id: string;
    userId: string;
    version: string;
    channel: string;
    actor: string;
    at: EpochMs;
  }): Promise<void> {
    await this.db.cardSent.create({ data: { ...entry, at: date(entry.at) } });
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
    await this.db.$executeRaw`
      INSERT INTO known_numbers AS k (user_id, line_id, sureness, position, first_at, updated_at)
      SELECT DISTINCT ON (user_id, line_id) user_id, line_id, sureness, position, ${date(at)}, ${date(at)}
      FROM unnest(
        ${entries.map((e) => e.userId)}::uuid[], ${entries.map((e) => e.lineId)}::uuid[],
        ${entries.map((e) => e.sureness)}::text[], ${entries.map((e) => e.position)}::int[]
      ) AS t(user_id, line_id, sureness, position)
      ORDER BY user_id, line_id, array_position(${[...SURENESS_ORDER]}::text[], sureness) DESC
      ON CONFLICT (user_id, line_id) DO UPDATE SET
        sureness = CASE WHEN array_position(${[...SURENESS_ORDER]}::text[], excluded.sureness)
            > array_position(${[...SURENESS_ORDER]}::text[], k.sureness)
          THEN excluded.sureness ELSE k.sureness END,
        position = least(k.position, excluded.position),
        updated_at = excluded.updated_at`;
  }

  async known(userIds: readonly string[]): Promise<KnownNumberRecord[]> {
    const rows = await this.db.knownNumber.findMany({
      where: { userId: { in: [...userIds] } },
      orderBy: [{ userId: 'asc' }, { position: 'asc' }, { lineId: 'asc' }],
    });
    return rows.map(({ userId, lineId, sureness, position }) => ({
      userId,
      lineId,
      sureness: sureness as Sureness,
      position,
    }));
  }
}
