import type { EpochMs } from '@linekeeper/domain';
import type { ChatHealth } from './messaging-provider';

export interface ConversationRecord {
  readonly id: string;
  readonly poolId: string;
  readonly userId: string;
  readonly activeLineId: string | null;
  readonly lastInboundAt: EpochMs | null;
  readonly lastOutboundAt: EpochMs | null;
  readonly lastUnsolicitedTurnAt: EpochMs | null;
  readonly outboundTurns: number;
  readonly unansweredTurns: number;
  readonly pullTurns: readonly EpochMs[];
  readonly updatedAt: EpochMs;
}

export interface ChatRecord {
  readonly id: string;
  readonly conversationId: string | null;
  readonly lineId: string;
  readonly isGroup: boolean;
  readonly health: ChatHealth;
  readonly service: string | null;
  readonly startedBy: 'inbound' | 'outbound';
  readonly createdAt: EpochMs;
  readonly lastActivityAt: EpochMs;
  readonly lastSharedAt: EpochMs | null;
  readonly shares: number;
}

export interface MessageRecord {
  readonly id: string;
  readonly lineId: string;
  readonly chatId: string | null;
  readonly userId: string | null;
  readonly direction: 'in' | 'out';
  readonly at: EpochMs;
  /** received | accepted | sent | delivered | read | failed */
  readonly status: string;
  readonly failureCode: number | null;
  readonly idempotencyKey: string | null;
  readonly sendId: string | null;
  readonly class: string | null;
  readonly recordedAt: EpochMs;
}

export abstract class ConversationStore {
  abstract of(userId: string, poolId: string): Promise<ConversationRecord | null>;
  /** Inserts or replaces, by (pool, user). */
  abstract save(conversation: ConversationRecord): Promise<void>;
  abstract chat(id: string): Promise<ChatRecord | null>;
  abstract chatsOf(conversationId: string): Promise<ChatRecord[]>;
  abstract saveChat(chat: ChatRecord): Promise<void>;
  /** iMessage chats with activity since `activeSince` whose card was last shared before `sharedBefore`, fewer than `maxShares` times. */
  abstract chatsToShare(query: {
    activeSince: EpochMs;
    sharedBefore: EpochMs;
    maxShares: number;
    limit: number;
  }): Promise<ChatRecord[]>;
  /** False when the message is recorded already: then it must not be counted again. */
  abstract insertMessage(message: MessageRecord): Promise<boolean>;
  abstract message(id: string): Promise<MessageRecord | null>;
  /** Raises the status along received/accepted < sent < delivered < read; failed only if not delivered or read. */
  abstract advanceMessage(id: string, status: string, failureCode: number | null): Promise<void>;
}
