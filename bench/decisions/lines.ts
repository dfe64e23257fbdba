import { at, DEFAULT_FLEET_POLICY, type LineView } from '@linekeeper/domain';
import { lineStateOf } from '@linekeeper/simulation';

export const policy = DEFAULT_FLEET_POLICY;
export const NOW = Date.UTC(2026, 9, 6, 12);
export const DAY_MS = 86_400_000;

/** A user of twenty messages a day, as newcomers are taken to be. */
export const USER = { meanMilli: 20_000, varianceMilli: 820_000 };

const MATURE = { isNew: false, arrivesOnDay: 0 };

/** A mature line at its whole budget that carries these users. */
export function lineWith(index: number, users: number): LineView {
  const budget = policy.budget.messagesPerLinePerDay;
  return {
    ...lineStateOf(index, MATURE, budget, policy),
    activatedAt: NOW - 60 * DAY_MS,
    todayCap: budget,
    users,
    meanMilli: users * USER.meanMilli,
    varianceMilli: users * USER.varianceMilli,
  };
}

/** The lines of one card: the line itself and three others of its twenty. */
export function cardOf(lines: readonly LineView[], index: number, user: number): string[] {
  const pod = index - (index % 20);
  const steps = [0, 1 + (user % 6), 7 + (user % 6), 13 + (user % 6)];
  return steps.map((step) => at(lines, pod + ((index - pod + step) % 20)).id);
}
