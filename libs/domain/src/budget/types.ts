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
