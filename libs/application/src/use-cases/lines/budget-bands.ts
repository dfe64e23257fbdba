import { budgetBand } from '@linekeeper/domain';
import type { PoolRecord, Stores } from '../../ports';
import { announce, type Decision, viewsOf } from '../shared';

/**
 * Tells of each line of a pool whose use of the rolling 24 hours has come into another band of its cap. Call it under the
 * pool's lock: the band that was told stands with the line, so that each crossing is told once, by whoever sees it first.
 */
export async function tellBudgetBands(
  stores: Stores,
  pool: PoolRecord,
  decision: Decision,
): Promise<void> {
  for (const { id, managed, adminState, ...line } of await viewsOf(stores, pool, decision)) {
    if (!managed || adminState === 'retired') continue;
    const { budgetBand: from, usedLast24h, todayCap } = line;
    const band = budgetBand(from, usedLast24h, todayCap);
    if (band === from) continue;
    await stores.lines.change(id, { budgetBand: band }, { at: decision.now, raiseEpoch: false });
    await announce(stores, decision, 'line.budget-band', {
      lineId: id,
      band,
      from,
      usedLast24h,
      todayCap,
    });
  }
}
