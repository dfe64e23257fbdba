import type { EpochMs, HoldAnswer, LineUse, ReserveLimits } from '@linekeeper/domain';

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

/**
 * The count of messages per line over the rolling 24 hours, and the holds on it. An accelerator: the truth is
 * the usage rows, from which it rebuilds itself through {@link UsageHistory}.
 */
export abstract class BudgetLedger {
  /** Atomic per line and idempotent by id. A refused reservation leaves no trace. */
  abstract reserve(request: ReserveRequest): Promise<HoldAnswer>;
  /** The held message (or `units` of them) was seen: the hold shrinks; the count itself comes by {@link count}. Idempotent. */
  abstract settle(lineId: string, id: string, units: number): Promise<void>;
  /** The held message was not accepted: the units go back. Idempotent. */
  abstract release(lineId: string, id: string): Promise<void>;
  /** Counts messages that were seen, unconditionally, in the hour they were sent in. Called once per message. */
  abstract count(
    entries: readonly {
      lineId: string;
      direction: 'in' | 'out';
      at: EpochMs;
      recipient: string | null;
      startedConversation: boolean;
    }[],
    now: EpochMs,
  ): Promise<void>;
  abstract usage(lineIds: readonly string[], now: EpochMs): Promise<Map<string, LineUse>>;
  /** Throws away everything and reads it again from the usage rows and the open sends. */
  abstract rebuild(now: EpochMs): Promise<void>;
}

export interface UsageHour {
  readonly lineId: string;
  readonly hour: number;
  readonly in: number;
  readonly out: number;
  readonly started: number;
}

/** Where a ledger rebuilds itself from. */
export abstract class UsageHistory {
  /** Usage rows from `fromHour` on. */
  abstract hours(fromHour: number): Promise<UsageHour[]>;
  /** Our outbound messages since `since`, for the pair and loop windows. */
  abstract recentOutbound(
    since: EpochMs,
  ): Promise<{ lineId: string; recipient: string; at: EpochMs }[]>;
  abstract openHolds(now: EpochMs): Promise<
    {
      id: string;
      lineId: string;
      recipient: string;
      units: number;
      admittedAt: EpochMs;
      expiresAt: EpochMs;
      newConversation: boolean;
    }[]
  >;
}
