import type { EpochMs } from '@linekeeper/domain';

export interface InboxRecord {
  readonly eventId: string;
  readonly eventType: string;
  readonly orderKey: string;
  readonly body: string;
  readonly receivedAt: EpochMs;
  readonly state: 'pending' | 'done' | 'ignored' | 'dead';
  readonly attempts: number;
  readonly nextAttemptAt: EpochMs;
  readonly processedAt: EpochMs | null;
  readonly lastError: string | null;
}

export abstract class InboxStore {
  /** Durable once it returns. Event ids that exist already are left alone; answers with those that were new. */
  abstract insert(events: readonly InboxRecord[]): Promise<Set<string>>;
  /**
   * Locks up to `limit` due events for this transaction, oldest first, skipping locked ones and any event with an
   * earlier pending event of the same order key that is not in the batch too (so that order holds within a key).
   */
  abstract claim(now: EpochMs, limit: number): Promise<InboxRecord[]>;
  /** Locks one pending event for this transaction; null when it is done or someone else has it. */
  abstract claimOne(eventId: string): Promise<InboxRecord | null>;
  abstract finish(
    eventIds: readonly string[],
    state: 'done' | 'ignored',
    at: EpochMs,
  ): Promise<void>;
  abstract retryLater(eventId: string, nextAttemptAt: EpochMs, error: string): Promise<void>;
  abstract bury(eventId: string, error: string, at: EpochMs): Promise<void>;
  /** Makes a dead letter pending again. False when it is not dead. */
  abstract revive(eventId: string, now: EpochMs): Promise<boolean>;
  abstract dead(page: { limit: number; after?: string }): Promise<InboxRecord[]>;
  abstract counts(): Promise<{ pending: number; dead: number; oldestPendingAt: EpochMs | null }>;
  /** When the next pending event that no earlier one of its key holds up is due; null when none is pending. */
  abstract nextDueAt(): Promise<EpochMs | null>;
}
