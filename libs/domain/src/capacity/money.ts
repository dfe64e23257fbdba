import type { FleetPolicy } from '../fleet-policy';
import type { DayRisk } from '../forecast/fleet-day';
import type { Load } from '../forecast/quantile';
import { linesNeeded } from './lines-needed';

/** Money a month, in the currency of the price. What needs more lines is above 0, what saves some is below. */
export interface MoneyReport {
  readonly total: number;
  /** For each user with a place, and for each who wrote lately; null when there is none. */
  readonly perUser: number | null;
  readonly perActiveUser: number | null;
  /** What is paid for capacity beyond the mean load: the price of never being full. */
  readonly idleReserve: number;
  /** Of that, for lines beyond those that the load needs today, with the reserve for one loss. */
  readonly beyondNeed: number;
  /** What it would change to be over the cap half, or twice, as often. */
  readonly epsilon: { readonly halved: number; readonly doubled: number };
  /**
   * What it would change to keep room for one loss more, or less, than a card has fallbacks. A card of m numbers
   * strands nobody at any m - 1 losses; this prices the room that their load would need.
   */
  readonly fallbacks: { readonly oneMore: number; readonly oneLess: number };
}

export interface MoneyInput {
  /** Lines that are paid for. */
  readonly lines: number;
  readonly users: number;
  readonly activeUsers: number;
  /** Of all users, for a normal day. */
  readonly total: Load;
  readonly outlook: DayRisk;
}

/** Rarer than once in a million days, or on every second day, is no threshold: the policy's own bounds. */
const LEAST_EPSILON = 1e-6;
const MOST_EPSILON = 0.5;

/** What the fleet costs and what its caution does; null while the policy names no price. */
export function moneyReport(input: MoneyInput, policy: FleetPolicy): MoneyReport | null {
  const price = policy.capacity.pricePerLinePerMonth;
  if (price === null) return null;
  const { lines, users, activeUsers, total, outlook } = input;
  const { messagesPerLinePerDay: budget } = policy.budget;
  const needed = (losses: number, epsilon = policy.admission.epsilon): number => {
    const asked = { ...policy, admission: { ...policy.admission, epsilon } };
    return linesNeeded(total, budget, losses, asked, outlook);
  };
  const { epsilon } = policy.admission;
  const fallbacks = Math.max(0, policy.cards.numbersPerCard - 1);
  const kept = needed(fallbacks);
  return {
    total: price * lines,
    perUser: users > 0 ? (price * lines) / users : null,
    perActiveUser: activeUsers > 0 ? (price * lines) / activeUsers : null,
    idleReserve: price * Math.max(0, lines - total.mean / budget),
    beyondNeed: price * Math.max(0, lines - needed(1)),
    epsilon: {
      halved: price * (needed(1, Math.max(LEAST_EPSILON, epsilon / 2)) - needed(1)),
      doubled: price * (needed(1, Math.min(MOST_EPSILON, 2 * epsilon)) - needed(1)),
    },
    fallbacks: {
      oneMore: price * (needed(fallbacks + 1) - kept),
      oneLess: price * (needed(Math.max(0, fallbacks - 1)) - kept),
    },
  };
}
