import type { ConversationCounters, EpochMs } from '@linekeeper/domain';
import type { ChatHealth } from './messaging-provider';

export interface ConversationRecord extends ConversationCounters {
  readonly id: string;
  readonly poolId: string;
  readonly userId: string;
  /** The line whose thread the person wrote in last. */
  readonly activeLineId: string | null;
  /** Inbound turns on a line that is not the assigned one, oldest first. */
  readonly pullTurns: readonly EpochMs[];
  readonly updatedAt: EpochMs;
}

export interface ChatRecord {
  readonly id: string;
  /** Null while it is not known whose thread it is, and for groups. */
  readonly conversationId: string | null;
  readonly lineId: string;
  readonly isGroup: boolean;
  readonly health: ChatHealth;
  /** Since when; null while the provider has not said. */
  readonly healthAt: EpochMs | null;
  readonly service: string | null;
  /** Who wrote first; null until a message was seen. */
  readonly startedBy: 'inbound' | 'outbound' | null;
  readonly createdAt: EpochMs;
  readonly lastActivityAt: EpochMs;
  readonly lastSharedAt: EpochMs | null;
  readonly shares: number;
  /** When a message last went by iMessage in it, to the day; null when none did. */
  readonly imessageSeenAt: EpochMs | null;
}

/** How sharing the line's own card stands in a thread. */
export interface ChatShareRecord {
  readonly chatId: string;
  /** Names the identity that was shared last, as a line's identity does; null while the line's is not known. */
  readonly identity: string | null;
  /** Shares of that identity. */
  readonly shares: number;
  /** Refusals of the provider since the last share that went well. */
  readonly refusals: number;
  readonly refusedAt: EpochMs | null;
}

/** A thread into which the line's card may be due. */
export interface ShareCandidate {
  readonly chat: ChatRecord;
  readonly hasInbound: boolean;
  readonly hasOutbound: boolean;
  readonly share: ChatShareRecord;
  /** Names the identity that the line shows now; null while nobody has looked. */
  readonly identity: string | null;
}

/** A group thread. It is pinned to its line: nothing moves it. */
export interface GroupRecord {
  readonly chatId: string;
  readonly lineId: string;
  readonly lastActivityAt: EpochMs;
  /** Whether its line is lost, so that nothing can be said in it. */
  readonly held: boolean;
  /** Earlier ids of it: the gate takes each of them for it. */
  readonly aliases: readonly string[];
}

/** How a person's latest thread on a line stands. */
export interface ThreadOnLine {
  /** Null when there is none. */
  readonly chatHealth: ChatHealth | null;
  /** Whether it went by SMS or RCS last. */
  readonly overSms: boolean;
}

export abstract class ConversationStore {
  abstract of(userId: string, poolId: string): Promise<ConversationRecord | null>;
  /** The conversations of these users in a pool, each with the health of its thread on `lineId`. */
  abstract ofUsers(
    userIds: readonly string[],
    poolId: string,
    lineId: string,
  ): Promise<(ConversationRecord & ThreadOnLine)[]>;
  /** Groups on lines of these pools (none named: of all), by chat id. `held`: only those whose line is, or is not, lost. */
  abstract groups(query: {
    readonly poolIds: readonly string[];
    readonly lineId?: string;
    readonly held?: boolean;
    readonly limit: number;
    readonly after?: string;
  }): Promise<GroupRecord[]>;
  /** Locks the conversations of these users, and those with these ids, until the transaction ends. */
  abstract lock(query: {
    userIds: readonly string[];
    ids: readonly string[];
  }): Promise<ConversationRecord[]>;
  /** Inserts or replaces several, by (pool, user). Idempotent. */
  abstract save(conversations: readonly ConversationRecord[]): Promise<void>;
  abstract chats(ids: readonly string[]): Promise<ChatRecord[]>;
  abstract chatsOf(conversationId: string): Promise<ChatRecord[]>;
  /** Inserts or replaces several, by id; a health that is older than the stored one stays away. Idempotent. */
  abstract saveChats(chats: readonly ChatRecord[]): Promise<void>;
  /**
   * iMessage threads on these lines with activity since `activeSince`, the latest first, into which the line's card may
   * be due: shared before `sharedBefore` or never, fewer than `maxShares` times, not refused since `refusedBefore`; or the
   * line shows another identity now. Never those of a person who said stop. The domain decides of each.
   */
  abstract chatsToShare(query: {
    lineIds: readonly string[];
    activeSince: EpochMs;
    sharedBefore: EpochMs;
    refusedBefore: EpochMs;
    maxShares: number;
    limit: number;
  }): Promise<ShareCandidate[]>;
  abstract saveShare(share: ChatShareRecord): Promise<void>;
  /** Threads with one person of whom we do not know who they are, on managed lines, the newest first. */
  abstract chatsWithoutPerson(limit: number): Promise<ChatRecord[]>;
}
