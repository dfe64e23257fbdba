import type { EpochMs } from '@linekeeper/domain';
import type { UsageHour } from './budget-ledger';

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

export interface SendRecord {
  readonly id: string;
  readonly userId: string;
  readonly lineId: string;
  readonly assignmentEpoch: number;
  readonly class: string;
  readonly messages: number;
  readonly settledMessages: number;
  readonly newConversation: boolean;
  readonly state: 'open' | 'settled' | 'released' | 'expired' | 'unknown';
  readonly policyVersion: number;
  readonly admittedAt: EpochMs;
  readonly expiresAt: EpochMs;
  readonly closedAt: EpochMs | null;
}

export abstract class UsageStore {
  /** Adds to the hours and the user days in one statement each. Never called twice for one message. */
  abstract add(
    hours: readonly UsageHour[],
    days: readonly { userId: string; day: string; in: number; out: number }[],
  ): Promise<void>;
  abstract hours(lineIds: readonly string[], fromHour: number, toHour: number): Promise<UsageHour[]>;
  /** Users with traffic on that budget day. */
  abstract userDays(day: string): Promise<{ userId: string; in: number; out: number }[]>;
  /** Distinct people and failures of a line between two instants, from the messages. */
  abstract lineEvidence(
    lineId: string,
    from: EpochMs,
    to: EpochMs,
  ): Promise<{
    in: number;
    out: number;
    recipients: number;
    replied: number;
    failures: number;
    optOuts: number;
  }>;
  /** False when that day is closed already. */
  abstract closeLineDay(day: LineDayRecord): Promise<boolean>;
  abstract lineDays(lineId: string, limit: number): Promise<LineDayRecord[]>;
  abstract lastClosedDay(lineId: string): Promise<string | null>;

  abstract insertSend(send: SendRecord): Promise<void>;
  abstract send(id: string): Promise<SendRecord | null>;
  /** Compare and set on the state `open` (or `unknown`). Settled messages only rise, up to `messages`. False when it was closed. */
  abstract closeSend(
    id: string,
    to: { state: SendRecord['state']; settledMessages?: number; closedAt: EpochMs | null },
  ): Promise<boolean>;
  abstract expiredSends(now: EpochMs, limit: number): Promise<SendRecord[]>;
}
