import {
  type EpochMs,
  type HoldAnswer,
  type LineHistory,
  type LineNews,
  type LineUse,
  type ReserveLimits,
  SECOND_MS,
} from '@linekeeper/domain';

/**
 * A hold is taken in the ledger a moment before its row is written. One younger than this may have no row yet, so a
 * rebuild from the rows keeps it; a request that takes longer has been given up.
 */
export const UNWRITTEN_MS = 30 * SECOND_MS;

export interface ReserveRequest {
  /** Names the hold. The same id again gets the same answer and holds one unit set. */
  readonly id: string;
  readonly lineId: string;
  /** The user the message goes to: the pair and loop limits count by it. */
  readonly recipient: string;
  readonly units: number;
  readonly now: EpochMs;
  readonly limits: ReserveLimits;
  /** Beyond it an admitted reply is told to overrun. */
  readonly todayCap: number;
}

/** What a committed transaction came to, by line id. */
export type LedgerNews = ReadonlyMap<string, LineNews>;

/**
 * The count of messages per line over the rolling 24 hours, and the holds on it. An accelerator: the truth is
 * the usage rows and the sends, from which it rebuilds itself through {@link UsageHistory}. What is lost with it
 * are at most the holds of the last moments, which stand in no row yet.
 */
export abstract class BudgetLedger {
  /** Atomic per line and idempotent by id. A refused reservation leaves no trace. */
  abstract reserve(request: ReserveRequest): Promise<HoldAnswer>;
  /** The held message was not accepted: the units go back. Idempotent; an expired hold gives nothing back. */
  abstract release(lineId: string, id: string, now: EpochMs): Promise<void>;
  /**
   * Takes in what the rows have come to, after their commit. Totals, not increments: idempotent, in any order, and
   * whatever is lost here is made good by the next news of the same hour.
   */
  abstract record(news: LedgerNews, now: EpochMs): Promise<void>;
  abstract usage(lineIds: readonly string[], now: EpochMs): Promise<Map<string, LineUse>>;
  /** Reads everything again from the rows; holds of the last moments stay. */
  abstract rebuild(now: EpochMs): Promise<void>;
}

/** Where a ledger rebuilds itself from. */
export abstract class UsageHistory {
  /** What the rows say of these lines, or of all, at one moment: no change is seen in half. */
  abstract read(
    lineIds: readonly string[] | 'all',
    now: EpochMs,
  ): Promise<Map<string, LineHistory>>;
}
