import {
  type Actuator,
  type WithheldDeed,
  WithheldStore,
  type WithheldSum,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import { date } from '../values';

export class PrismaWithheldStore extends WithheldStore {
  constructor(private readonly db: Db) {
    super();
  }

  async note({ week, actuator, wouldBe, subject }: WithheldDeed, at: EpochMs): Promise<void> {
    await this.db.$executeRaw`
      INSERT INTO withheld_deeds (week, actuator, would_be, subject, times, last_at)
      VALUES (${week}, ${actuator}, ${wouldBe}, ${subject}, 1, ${date(at)})
      ON CONFLICT (week, actuator, would_be, subject) DO UPDATE
        SET times = withheld_deeds.times + 1, last_at = excluded.last_at`;
  }

  async sums(week: string): Promise<WithheldSum[]> {
    const rows = await this.db.withheldDeed.groupBy({
      by: ['week', 'actuator', 'wouldBe'],
      where: { week },
      _count: { _all: true },
      _sum: { times: true },
      orderBy: [{ actuator: 'asc' }, { wouldBe: 'asc' }],
    });
    return rows.map(({ _count, _sum, ...row }) => ({
      ...row,
      actuator: row.actuator as Actuator,
      subjects: _count._all,
      times: _sum.times ?? 0,
    }));
  }

  async prune(before: string): Promise<void> {
    await this.db.withheldDeed.deleteMany({ where: { week: { lt: before } } });
  }
}
