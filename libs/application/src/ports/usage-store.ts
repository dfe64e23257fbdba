import type { EpochMs, FleetDay } from '@linekeeper/domain';

export interface UsageHour {
  readonly lineId: string;
  readonly hour: number;
  readonly in: number;
  readonly out: number;
  /** Conversations of ours that began in that hour. */
  readonly started: number;
}

export interface LineDayRecord {
  readonly lineId: string;
  readonly day: string;
  readonly in: number;
  readonly out: number;
  readonly recipients: number;
  readonly replied: number;
  readonly failures: number;
  readonly optOuts: number;
  readonly capBefore: number;
  readonly capAfter: number;
  readonly outcome: string;
  readonly reasons: readonly string[];
  readonly closedAt: EpochMs;
}

/** What one user said and was told in a budget day. */
export interface UserDay {
  readonly userId: string;
  readonly day: string;
  readonly in: number;
  readonly out: number;
}

/** What the messages of a line show between two instants. */
export interface LineEvidence {
  readonly in: number;
  readonly out: number;
  readonly recipients: number;
  readonly replied: number;
  readonly failures: number;
  readonly optOuts: number;
}

export abstract class UsageStore {
  /**
   * Adds to hours and user days (a correction may take away), one statement each, and answers with what the hours
   * have come to. Never called twice for one message.
   */
  abstract add(hours: readonly UsageHour[], days: readonly UserDay[]): Promise<UsageHour[]>;
  abstract hours(
    lineIds: readonly string[],
    fromHour: number,
    toHour: number,
  ): Promise<UsageHour[]>;
  abstract lineEvidence(lineId: string, from: EpochMs, to: EpochMs): Promise<LineEvidence>;
  /** False when that day is closed already. */
  abstract closeLineDay(day: LineDayRecord): Promise<boolean>;
  abstract lineDays(lineId: string, limit: number): Promise<LineDayRecord[]>;
  abstract lastClosedDay(lineId: string): Promise<string | null>;
  /** The newest closed day of each line of a pool; a line without any is not in the answer. */
  abstract lastClosedDays(poolId: string): Promise<ReadonlyMap<string, string>>;
  /** Adds the users of a batch to a pool's budget day: each user once, in the transaction that closes their rate. */
  abstract addFleetDay(poolId: string, part: FleetDay): Promise<void>;
  /** The newest `limit` budget days of a pool of which users were closed, oldest first. */
  abstract fleetDays(poolId: string, limit: number): Promise<FleetDay[]>;
  /** Per line and hour: what the messages say where it differs from the usage rows, since `fromHour`. */
  abstract differences(
    fromHour: number,
  ): Promise<(UsageHour & { stored: { in: number; out: number } })[]>;
}
