import type { EpochMs } from '@linekeeper/domain';

/** Rises in this order; `failed` only stands while nothing was delivered. */
export const MESSAGE_STATUSES = [
  'accepted',
  'received',
  'sent',
  'failed',
  'delivered',
  'read',
] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

export interface MessageRecord {
  readonly id: string;
  readonly lineId: string;
  readonly chatId: string | null;
  readonly userId: string | null;
  readonly direction: 'in' | 'out';
  /** When it was sent: the hour it counts in. */
  readonly at: EpochMs;
  readonly status: MessageStatus;
  readonly failureCode: number | null;
  readonly idempotencyKey: string | null;
  readonly sendId: string | null;
  readonly class: string | null;
  readonly recordedAt: EpochMs;
}

export interface MessageAdvance {
  readonly id: string;
  readonly status: MessageStatus;
  readonly failureCode: number | null;
  /** The send it turned out to belong to; null: nothing new. */
  readonly sendId: string | null;
  /** When the provider says it was sent, where only our own instant was known; null: nothing new. */
  readonly at: EpochMs | null;
}

export abstract class MessageStore {
  abstract byIds(ids: readonly string[]): Promise<MessageRecord[]>;
  /** How many are recorded in each of these chats; none where none is. */
  abstract countsIn(chatIds: readonly string[]): Promise<Map<string, number>>;
  /** Those of these lines on which somebody ever wrote to us. */
  abstract linesHeard(lineIds: readonly string[]): Promise<Set<string>>;
  /** Inserts those that are not recorded yet and names them: only they may be counted. */
  abstract insert(messages: readonly MessageRecord[]): Promise<Set<string>>;
  /** Raises statuses in the order of {@link MESSAGE_STATUSES}; never lowers one. */
  abstract advance(advances: readonly MessageAdvance[]): Promise<void>;
}
