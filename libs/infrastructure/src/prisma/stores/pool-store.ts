import { type LearnedForecast, type PoolRecord, PoolStore } from '@linekeeper/application';
import type { EpochMs, SendClass } from '@linekeeper/domain';
import type { Db } from '../database';
import type { Pool } from '../generated/client';
import { rowFromJson } from '../json-rows';
import { date, json, jsonOrNull, ms } from '../values';

export class PrismaPoolStore extends PoolStore {
  constructor(private readonly db: Db) {
    super();
  }

  async insert(pool: PoolRecord): Promise<void> {
    await this.db.pool.create({
      data: {
        ...pool,
        cardProfile: json(pool.cardProfile),
        cardRevisedAt: date(pool.cardRevisedAt),
        createdAt: date(pool.createdAt),
        learned: jsonOrNull(pool.learned),
      },
    });
  }

  async list(): Promise<PoolRecord[]> {
    const rows = await this.db.$queryRaw<Record<string, unknown>[]>`
      SELECT * FROM pools ORDER BY created_at`;
    return rows.map((row) => recordOf(rowFromJson(row) as unknown as Pool));
  }

  async bySlug(slug: string): Promise<PoolRecord | null> {
    const row = await this.db.pool.findUnique({ where: { slug } });
    return row && recordOf(row);
  }

  async byId(id: string): Promise<PoolRecord | null> {
    const row = await this.db.pool.findUnique({ where: { id } });
    return row && recordOf(row);
  }

  async setCardProfile(id: string, profile: unknown, revisedAt: EpochMs): Promise<void> {
    await this.db.pool.update({
      where: { id },
      data: { cardProfile: json(profile), cardRevisedAt: date(revisedAt) },
    });
  }

  async setLearned(id: string, learned: LearnedForecast): Promise<void> {
    await this.db.pool.update({ where: { id }, data: { learned: json(learned) } });
  }

  async setShedClasses(id: string, classes: readonly SendClass[]): Promise<boolean> {
    const shedClasses = [...classes];
    const { count } = await this.db.pool.updateMany({
      where: { id, NOT: { shedClasses: { equals: shedClasses } } },
      data: { shedClasses },
    });
    return count > 0;
  }

  async lock(id: string): Promise<void> {
    await this.db.$queryRaw`SELECT id FROM pools WHERE id = ${id}::uuid FOR UPDATE`;
  }
}

function recordOf(row: Pool): PoolRecord {
  return {
    ...row,
    cardRevisedAt: ms(row.cardRevisedAt),
    createdAt: ms(row.createdAt),
    learned: learnedOf(row.learned),
  };
}

type KeptForecast = Omit<LearnedForecast, 'prior'> & {
  readonly prior: Omit<LearnedForecast['prior'], 'learned'> & { readonly learned?: number };
};

/** An earlier release did not say how much of a prior was learned: with it, all of it was, or none. */
function learnedOf(stored: Pool['learned']): LearnedForecast | null {
  const learned = stored as KeptForecast | null;
  if (learned === null) return null;
  const { prior } = learned;
  return { ...learned, prior: { ...prior, learned: prior.learned ?? (prior.assumed ? 0 : 1) } };
}
