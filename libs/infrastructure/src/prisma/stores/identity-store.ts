import {
  type IdentityDrift,
  IdentityStore,
  type LineIdentityRecord,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import { date, dateOrNull, ms, msOrNull } from '../values';

export class PrismaIdentityStore extends IdentityStore {
  constructor(private readonly db: Db) {
    super();
  }

  async photo(id: string): Promise<Uint8Array | null> {
    const row = await this.db.cardPhoto.findUnique({ where: { id } });
    return row?.jpeg ?? null;
  }

  async keepPhoto(photo: { id: string; jpeg: Uint8Array; createdAt: EpochMs }): Promise<void> {
    const { id, jpeg, createdAt } = photo;
    await this.db.cardPhoto.createMany({
      data: [{ id, jpeg: Uint8Array.from(jpeg), createdAt: date(createdAt) }],
      skipDuplicates: true,
    });
  }

  async ofLines(lineIds: readonly string[]): Promise<LineIdentityRecord[]> {
    const rows = await this.db.lineIdentity.findMany({ where: { lineId: { in: [...lineIds] } } });
    return rows.map((row) => ({
      ...row,
      drift: row.drift as IdentityDrift[],
      setAt: msOrNull(row.setAt),
      seenAt: ms(row.seenAt),
    }));
  }

  async save({ lineId, ...record }: LineIdentityRecord): Promise<void> {
    const data = {
      ...record,
      drift: [...record.drift],
      setAt: dateOrNull(record.setAt),
      seenAt: date(record.seenAt),
    };
    await this.db.lineIdentity.upsert({
      where: { lineId },
      create: { lineId, ...data },
      update: data,
    });
  }
}
