import type { EpochMs } from '../kernel/time';

/**
 * What one outbound message must stay within, on its line and towards its person. Counts are messages; null means
 * that this message is not bound by it.
 */
export interface ReserveLimits {
  /** Messages in and out over the rolling 24 hours that this message may bring the line to. */
  readonly ceiling: number | null;
  /** Messages within the running clock hour. */
  readonly hourCap: number | null;
  /** Our non-replies within the last 60 seconds. */
  readonly minuteCap: number | null;
  /** To this person from this line within 60 seconds: the provider's own limit. */
  readonly pairPer60s: number;
  /** To this person within an hour: more is a loop. */
  readonly loopPerHour: number;
  readonly newConversation: boolean;
  readonly newConversationsPer24h: number;
  readonly newConversationsPerHour: number;
  readonly maxOpenHolds: number;
  readonly holdMs: number;
}

export const RESERVE_REASONS = [
  'budget-ceiling',
  'hour-shape',
  'minute-shape',
  'pair-limit',
  'loop',
  'new-conversations-hour',
  'new-conversations-day',
  'open-holds',
] as const;
export type ReserveReason = (typeof RESERVE_REASONS)[number];

/** Messages of a line in one epoch hour, by the hour they were sent in, as the books have them now. */
export interface HourTotal {
  readonly hour: number;
  readonly in: number;
  readonly out: number;
}

/** A message or thread of ours that the windows count, by the provider's id of it. */
export interface Mark {
  readonly id: string;
  readonly at: EpochMs;
}

export interface MessageMark extends Mark {
  readonly recipient: string;
}

/** A hold that waits for news, as the books have it. */
export interface OpenHold {
  readonly id: string;
  readonly recipient: string;
  /** Messages of it without news. */
  readonly left: number;
  readonly at: EpochMs;
  readonly expiresAt: EpochMs;
  /** Whether it is bound by the shape of a minute: everything but replies. */
  readonly bursts: boolean;
  /** Whether it begins a thread, none of whose messages was seen yet. */
  readonly newConversation: boolean;
}

/**
 * What the books have come to for one line. Totals rise and ids are kept, so the same news may come twice, late
 * and in any order: the outcome is the same.
 */
export interface LineNews {
  readonly hours: readonly HourTotal[];
  /** Messages of ours that no hold announced. */
  readonly messages: readonly MessageMark[];
  /** Threads of ours that no hold announced. */
  readonly threads: readonly Mark[];
  /** Messages of a hold that are still without news. */
  readonly holds: readonly { readonly id: string; readonly left: number }[];
}

/** All that the books know of a line and a ledger needs. */
export interface LineHistory {
  readonly hours: readonly HourTotal[];
  /** Our messages of the last hour. */
  readonly messages: readonly MessageMark[];
  /** Threads that we began in the last 24 hours. */
  readonly threads: readonly Mark[];
  /** Admitted non-replies of the last minute, by their hold. */
  readonly nonReplies: readonly (Mark & { readonly units: number })[];
  readonly holds: readonly OpenHold[];
}
