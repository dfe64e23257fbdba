import type { EpochMs } from '@linekeeper/domain';

/** What is removed because nothing needs it any more. Each step takes a bounded number of rows and is idempotent. */
export abstract class RetentionStore {
  /**
   * Takes the bodies out of events that came within [`since`, `before`) and are done with; their ids stay, so that none is
   * taken in twice. How many were emptied, `limit` at most.
   */
  abstract emptyBodies(since: EpochMs, before: EpochMs, limit: number): Promise<number>;
  /** Events that came before this and wait for nothing, dead letters too. */
  abstract forgetEvents(before: EpochMs, limit: number): Promise<number>;
  /** Sends that were admitted before this and are closed. */
  abstract forgetSends(before: EpochMs, limit: number): Promise<number>;
  /** Events to the app that were announced before this and wait for no endpoint. */
  abstract forgetAnnounced(before: EpochMs, limit: number): Promise<number>;
  /** What was answered before this under an Idempotency-Key. */
  abstract forgetAnswers(before: EpochMs, limit: number): Promise<number>;
  /** What was told before this of whether handles are on iMessage, where no check is asked for. */
  abstract forgetChecks(before: EpochMs, limit: number): Promise<number>;
  /** Links, page sessions and reservation codes that ended before this. */
  abstract forgetSignIns(before: EpochMs, limit: number): Promise<number>;
}
