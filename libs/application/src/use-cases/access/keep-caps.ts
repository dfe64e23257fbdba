import { type EpochMs, type FleetPolicy, goodDaysUnder } from '@linekeeper/domain';
import type { Stores } from '../../ports';

/**
 * When a policy changes how fast a ramp grows, the good days of each line are told anew in the terms of the new one, so
 * that no cap rises with it. In the transaction of the change, under the locks of all pools. A process that still
 * holds the former policy, for a second at most, is kept by the spike guard. Answers how many lines were told anew.
 */
export async function keepCaps(
  stores: Stores,
  before: FleetPolicy,
  after: FleetPolicy,
  at: EpochMs,
): Promise<number> {
  const same =
    before.ramp.growth === after.ramp.growth && before.ramp.firstDayCap === after.ramp.firstDayCap;
  if (same) return 0;
  let told = 0;
  for (const pool of await stores.pools.list()) {
    await stores.pools.lock(pool.id);
    for (const line of await stores.lines.list({ poolId: pool.id })) {
      const goodDays = goodDaysUnder(line, before, after);
      if (goodDays === line.goodDays) continue;
      await stores.lines.change(line.id, { goodDays }, { at, raiseEpoch: false });
      told += 1;
    }
  }
  return told;
}
