import type { EpochMs, GapCause } from '@linekeeper/domain';

/**
 * How far the reading of a line has come. It goes over the line's chats in passes: the first over all that had news
 * since the gap may have begun, each later one over those that had news while the one before went on.
 */
export interface GapReading {
  readonly pass: number;
  /** When this pass asked for its first page. */
  readonly startedAt: EpochMs;
  /** Chats without news since then are passed over. */
  readonly chatsSince: EpochMs;
  /** Messages sent before are known. */
  readonly messagesSince: EpochMs;
  /** The page of the list of chats that is being worked on; null: the first. */
  readonly cursor: string | null;
  readonly pages: number;
  /** The chats of that page that were read. */
  readonly done: readonly string[];
  /** Since when a chat of that page cannot be read; null: all can. */
  readonly failingSince: EpochMs | null;
  /** Whether every page so far went from new to old. */
  readonly isSorted: boolean;
}

/** What is known of the completeness of a line's messages. */
export interface GapRecord {
  readonly lineId: string;
  /** Every message sent before is known. */
  readonly completeUntil: EpochMs;
  /** When the last whole reading began. */
  readonly readAt: EpochMs;
  /** The latest sign of a gap that no reading has settled; null: there is none. */
  readonly suspectedAt: EpochMs | null;
  readonly cause: GapCause | null;
  /** The reading that was begun; null: none is under way. */
  readonly reading: GapReading | null;
  /** When somebody last looked for signs. */
  readonly lookedAt: EpochMs;
}

export abstract class GapStore {
  abstract list(): Promise<GapRecord[]>;
  /** Inserts or replaces, by line. Idempotent. */
  abstract save(records: readonly GapRecord[]): Promise<void>;
}
