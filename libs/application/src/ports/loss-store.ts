import type { CardUsers, EpochMs, LossTable } from '@linekeeper/domain';

/** People on one line who hold the same numbers of ours: how many, and what they say a day, in thousandths. */
export interface HeldCount extends CardUsers {
  readonly meanMilli: number;
  readonly varianceMilli: number;
}

/** What the loss of any lines of a pool would do, as it was last worked out. */
export interface LossReportRecord {
  readonly poolId: string;
  readonly at: EpochMs;
  readonly policyVersion: number;
  readonly body: LossTable;
  /** Since when too little room is left, or too few people are covered; null while it is enough. */
  readonly capacityLowSince: EpochMs | null;
  readonly coverageLowSince: EpochMs | null;
}

export abstract class LossStore {
  abstract of(poolId: string): Promise<LossReportRecord | null>;
  abstract save(report: LossReportRecord): Promise<void>;
  /**
   * Everybody with a place in a pool, counted by their line and the numbers they hold: sent to them, or texted by them. One
   * aggregate over the pool's people; what it answers grows with the cards only.
   */
  abstract heldCounts(poolId: string): Promise<HeldCount[]>;
  /** Users on one of `lost` who hold none of `usable`. By id. */
  abstract uncovered(
    lost: readonly string[],
    usable: readonly string[],
    page: { readonly limit: number; readonly after?: string },
  ): Promise<string[]>;
}
