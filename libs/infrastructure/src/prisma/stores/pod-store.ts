import { type LinePair, PodStore } from '@linekeeper/application';
import type { EpochMs, Pod, RingLine } from '@linekeeper/domain';
import type { Db } from '../database';
import type { Pod as Row } from '../generated/client';
import { date, json } from '../values';

export class PrismaPodStore extends PodStore {
  constructor(private readonly db: Db) {
    super();
  }

  async ofPool(poolId: string): Promise<Pod[]> {
    const rows = await this.db.pod.findMany({ where: { poolId, endedAt: null } });
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
    return this.db.linePair.findMany({
      where: { fallbackId: { in: [...fallbackIds] }, users: { gt: 0 } },
    });
  }
}

function podOf({ id, generation, ring }: Row): Pod {
  return { id, generation, ring: ring as unknown as RingLine[] };
}
