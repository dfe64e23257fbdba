import { assumedPrior, learnOutlook, learnPrior } from '@linekeeper/domain';
import type { Stores } from '../../ports';
import { type Decision, note, poolOf } from '../shared';

/** So many users tell the moments of a population to about one in a hundred; more would only cost time. */
const MAX_HISTORIES = 20_000;

/**
 * Learns from a pool's closed days what its days and its users are like, once after each day. What there is too
 * little of to learn from stays assumed, and says so.
 */
export async function learnForecast(
  stores: Stores,
  poolId: string,
  decision: Decision,
): Promise<void> {
  const { policy } = decision;
  await stores.pools.lock(poolId);
  const { learned } = await poolOf(stores, poolId);
  const days = await stores.usage.fleetDays(poolId, policy.forecast.fleetDayWindowDays);
  const day = days.at(-1)?.day;
  if (day === undefined || learned?.day === day) return;
  const { learnFromDays } = policy.forecast;
  const histories = await stores.users.histories(poolId, learnFromDays, MAX_HISTORIES);
  const outlook = learnOutlook(days, policy);
  const prior = learnPrior(histories, assumedPrior(policy), policy);
  await stores.pools.setLearned(poolId, { day, outlook, prior });
  note(stores, decision, {
    kind: 'forecast',
    outcome: prior.assumed ? 'assumed' : 'learned',
    reasons: [`${days.length} days and ${histories.length} users with ${learnFromDays} days`],
    inputs: { day, outlook, prior },
  });
}
