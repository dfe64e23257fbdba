import {
  type ChatRecord,
  type ConversationRecord,
  ConversationStore,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import type { Chat, Conversation } from '../generated/client';
import { rowFromJson } from '../json-rows';
import { date, dateOrNull, ms, msOrNull } from '../values';

export class PrismaConversationStore extends ConversationStore {
  constructor(private readonly db: Db) {
    super();
  }

  async of(userId: string, poolId: string): Promise<ConversationRecord | null> {
    const row = await this.db.conversation.findUnique({
      where: { poolId_userId: { poolId, userId } },
    });
    return row && conversationOf(row);
  }

  async ofUsers(
    userIds: readonly string[],
    poolId: string,
    lineId: string,
  ): Promise<(ConversationRecord & { chatHealth: ChatRecord['health'] | null })[]> {
    const rows = await this.db.conversation.findMany({
      where: { poolId, userId: { in: [...userIds] } },
      include: {
        chats: { where: { lineId, isGroup: false }, orderBy: { lastActivityAt: 'desc' }, take: 1 },
      },
    });
    return rows.map(({ chats, ...row }) => ({
      ...conversationOf(row),
      chatHealth: (chats[0]?.health ?? null) as ChatRecord['health'] | null,
    }));
  }

  async lock(query: {
    userIds: readonly string[];
    ids: readonly string[];
  }): Promise<ConversationRecord[]> {
    // Always in the order of ids, so that two batches never wait for each other in a circle.
    const rows = await this.db.$queryRaw<Record<string, unknown>[]>`
      SELECT * FROM conversations
      WHERE user_id = ANY(${[...query.userIds]}::uuid[]) OR id = ANY(${[...query.ids]}::uuid[])
      ORDER BY id FOR UPDATE`;
    return rows.map((row) => conversationOf(rowFromJson(row) as unknown as Conversation));
  }

  async save(conversations: readonly ConversationRecord[]): Promise<void> {
    if (conversations.length === 0) return;
    const all = conversations;
    await this.db.$executeRaw`
      INSERT INTO conversations (id, pool_id, user_id, active_line_id, last_inbound_at,
        last_outbound_at, last_unsolicited_turn_at, outbound_turns, unanswered_turns, pull_turns, updated_at)
      SELECT * FROM unnest(
        ${all.map((c) => c.id)}::uuid[], ${all.map((c) => c.poolId)}::uuid[],
        ${all.map((c) => c.userId)}::uuid[], ${all.map((c) => c.activeLineId)}::uuid[],
        ${all.map((c) => dateOrNull(c.lastInboundAt))}::timestamptz[],
        ${all.map((c) => dateOrNull(c.lastOutboundAt))}::timestamptz[],
        ${all.map((c) => dateOrNull(c.lastUnsolicitedTurnAt))}::timestamptz[],
        ${all.map((c) => c.outboundTurns)}::int[], ${all.map((c) => c.unansweredTurns)}::int[],
        ${all.map((c) => JSON.stringify(c.pullTurns))}::jsonb[],
        ${all.map((c) => date(c.updatedAt))}::timestamptz[])
      ON CONFLICT (pool_id, user_id) DO UPDATE SET
        active_line_id = excluded.active_line_id, last_inbound_at = excluded.last_inbound_at,
        last_outbound_at = excluded.last_outbound_at,
        last_unsolicited_turn_at = excluded.last_unsolicited_turn_at,
        outbound_turns = excluded.outbound_turns, unanswered_turns = excluded.unanswered_turns,
        pull_turns = excluded.pull_turns, updated_at = excluded.updated_at`;
  }

  async chats(ids: readonly string[]): Promise<ChatRecord[]> {
    const rows = await this.db.chat.findMany({ where: { id: { in: [...ids] } } });
    return rows.map(chatOf);
  }

  async chatsOf(conversationId: string): Promise<ChatRecord[]> {
    const rows = await this.db.chat.findMany({
      where: { conversationId },
      orderBy: { lastActivityAt: 'desc' },
    });
    return rows.map(chatOf);
  }

  async saveChats(chats: readonly ChatRecord[]): Promise<void> {
    if (chats.length === 0) return;
    await this.db.$executeRaw`
      INSERT INTO chats (id, conversation_id, line_id, is_group, health, health_at, service, started_by,
        created_at, last_activity_at, last_shared_at, shares, imessage_seen_at)
      SELECT * FROM unnest(
        ${chats.map((c) => c.id)}::text[], ${chats.map((c) => c.conversationId)}::uuid[],
        ${chats.map((c) => c.lineId)}::uuid[], ${chats.map((c) => c.isGroup)}::bool[],
        ${chats.map((c) => c.health)}::text[],
        ${chats.map((c) => dateOrNull(c.healthAt))}::timestamptz[],
        ${chats.map((c) => c.service)}::text[],
        ${chats.map((c) => c.startedBy)}::text[], ${chats.map((c) => date(c.createdAt))}::timestamptz[],
        ${chats.map((c) => date(c.lastActivityAt))}::timestamptz[],
        ${chats.map((c) => dateOrNull(c.lastSharedAt))}::timestamptz[],
        ${chats.map((c) => c.shares)}::int[],
        ${chats.map((c) => dateOrNull(c.imessageSeenAt))}::timestamptz[])
      ON CONFLICT (id) DO UPDATE SET
        conversation_id = coalesce(excluded.conversation_id, chats.conversation_id),
        is_group = excluded.is_group,
        health = CASE WHEN excluded.health_at < chats.health_at OR excluded.health_at IS NULL
          THEN chats.health ELSE excluded.health END,
        health_at = greatest(chats.health_at, excluded.health_at),
        service = coalesce(excluded.service, chats.service),
        started_by = coalesce(chats.started_by, excluded.started_by),
        last_activity_at = greatest(chats.last_activity_at, excluded.last_activity_at),
        last_shared_at = greatest(chats.last_shared_at, excluded.last_shared_at),
        shares = greatest(chats.shares, excluded.shares),
        imessage_seen_at = greatest(chats.imessage_seen_at, excluded.imessage_seen_at)`;
  }

  async chatsToShare(query: {
    lineIds: readonly string[];
    activeSince: EpochMs;
    sharedBefore: EpochMs;
    maxShares: number;
    limit: number;
  }): Promise<ChatRecord[]> {
    const rows = await this.db.chat.findMany({
      where: {
        lineId: { in: [...query.lineIds] },
        isGroup: false,
        service: 'iMessage',
        conversationId: { not: null },
        health: { in: ['HEALTHY', 'AT_RISK'] },
        lastActivityAt: { gte: date(query.activeSince) },
        shares: { lt: query.maxShares },
        OR: [{ lastSharedAt: null }, { lastSharedAt: { lt: date(query.sharedBefore) } }],
        conversation: {
          lastInboundAt: { not: null },
          lastOutboundAt: { not: null },
          user: { OR: [{ suppression: null }, { suppression: { suppressedAt: null } }] },
        },
      },
      orderBy: { lastActivityAt: 'desc' },
      take: query.limit,
    });
    return rows.map(chatOf);
  }

  async chatsWithoutPerson(limit: number): Promise<ChatRecord[]> {
    const managed = await this.db.line.findMany({ where: { managed: true }, select: { id: true } });
    const rows = await this.db.chat.findMany({
      where: { conversationId: null, isGroup: false, lineId: { in: managed.map(({ id }) => id) } },
      orderBy: { lastActivityAt: 'desc' },
      take: limit,
    });
    return rows.map(chatOf);
  }
}

export function conversationOf(row: Conversation): ConversationRecord {
  return {
    ...row,
    lastInboundAt: msOrNull(row.lastInboundAt),
    lastOutboundAt: msOrNull(row.lastOutboundAt),
    lastUnsolicitedTurnAt: msOrNull(row.lastUnsolicitedTurnAt),
    pullTurns: row.pullTurns as number[],
    updatedAt: ms(row.updatedAt),
  };
}

function chatOf(row: Chat): ChatRecord {
  return {
    ...row,
    health: row.health as ChatRecord['health'],
    startedBy: row.startedBy as ChatRecord['startedBy'],
    healthAt: msOrNull(row.healthAt),
    createdAt: ms(row.createdAt),
    lastActivityAt: ms(row.lastActivityAt),
    lastSharedAt: msOrNull(row.lastSharedAt),
    imessageSeenAt: msOrNull(row.imessageSeenAt),
  };
}
