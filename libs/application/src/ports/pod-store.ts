import type { CardUsers, EpochMs, Pod } from '@linekeeper/domain';

/** People on a line who hold another one as a fallback. */
export interface LinePair {
  readonly lineId: string;
  readonly fallbackId: string;
  readonly users: number;
}

/** People who stand on one line and hold the same others: how many, and how many of them wrote lately. */
export interface CardCount extends CardUsers {
  readonly activeUsers: number;
}

/** The pods whose cards new users get, and how many people hold which line beside theirs. */
export abstract class PodStore {
  /** The pods of a pool as they are now, in no order. */
  abstract ofPool(poolId: string): Promise<Pod[]>;
  /** The pod that a line is in now; null when it is in none. */
  abstract ofLine(poolId: string, lineId: string): Promise<Pod | null>;
  /**
   * Ends the pods in `closed` and writes `opened`: new ones, or next generations, whose earlier one ends by that. What
   * has ended is kept: people hold its cards. Call it under the pool's lock.
   */
  abstract replace(
    poolId: string,
    change: { readonly closed: readonly string[]; readonly opened: readonly Pod[] },
    at: EpochMs,
  ): Promise<void>;
  /** The pairs of which these lines are the fallback. */
  abstract pairsOnto(fallbackIds: readonly string[]): Promise<LinePair[]>;
  /**
   * Everybody with a place in a pool, counted by line and fallbacks. Active is who wrote at or after `activeSince`. One
   * aggregate over the pool's people; what it answers grows with the cards only.
   */
  abstract cardCounts(poolId: string, activeSince: EpochMs): Promise<CardCount[]>;
}
