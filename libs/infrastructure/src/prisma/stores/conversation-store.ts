import {
  type ChatRecord,
  type ChatShareRecord,
  type ConversationRecord,
  ConversationStore,
  type GroupRecord,
  type ShareCandidate,
  type ThreadOnLine,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Ask, Db, Prepared } from '../database';
import type { Chat, Conversation } from '../generated/client';
import { rowFromJson } from '../json-rows';
import { date, dateOrNull, ms, msOrNull } from '../values';

export class PrismaConversationStore extends ConversationStore {
  constructor(
    private readonly db: Db,
    private readonly ask: Ask,
  ) {
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
  ): Promise<(ConversationRecord & ThreadOnLine)[]> {
    const rows = await this.db.conversation.findMany({
      where: { poolId, userId: { in: [...userIds] } },
      include: {
        chats: { where: { lineId, isGroup: false }, orderBy: { lastActivityAt: 'desc' }, take: 1 },
      },
    });
    return rows.map(({ chats, ...row }) => ({
      ...conversationOf(row),
      chatHealth: (chats[0]?.health ?? null) as ChatRecord['health'] | null,
      overSms: chats[0] !== undefined && ['SMS', 'RCS'].includes(chats[0].service ?? ''),
    }));
  }

  async groups({
    poolIds,
    lineId,
    held,
    limit,
    after,
  }: {
    readonly poolIds: readonly string[];
    readonly lineId?: string;
    readonly held?: boolean;
    readonly limit: number;
    readonly after?: string;
  }): Promise<GroupRecord[]> {
    const rows = await this.db.$queryRaw<
      (Omit<GroupRecord, 'lastActivityAt'> & { lastActivityAt: Date })[]
    >`
      SELECT * FROM (
        SELECT c.id AS "chatId", c.line_id::text AS "lineId", c.last_activity_at AS "lastActivityAt",
          (l.health = 'ejected' OR l.provider_status = 'FLAGGED' OR l.admin_state = 'retired') AS held,
          ARRAY(SELECT a.id FROM chats a WHERE a.alias_of = c.id ORDER BY a.id) AS aliases
        FROM chats c JOIN lines l ON l.id = c.line_id
        WHERE c.is_group AND c.alias_of IS NULL
          AND (${poolIds.length === 0} OR l.pool_id = ANY(${[...poolIds]}::uuid[]))
          AND (${lineId ?? null}::uuid IS NULL OR c.line_id = ${lineId ?? null}::uuid)
          AND (${after ?? null}::text IS NULL OR c.id > ${after ?? null}::text)) AS groups
      WHERE ${held ?? null}::boolean IS NULL OR held = ${held ?? null}::boolean
      ORDER BY "chatId" LIMIT ${limit}`;
    return rows.map((row) => ({ ...row, lastActivityAt: ms(row.lastActivityAt) }));
  }

  async lock(query: {
    userIds: readonly string[];
    ids: readonly string[];
  }): Promise<ConversationRecord[]> {
    const rows = await this.ask<Record<string, unknown>>(LOCK, [query.userIds, query.ids]);
    return rows.map((row) => conversationOf(rowFromJson(row) as unknown as Conversation));
  }

  async save(conversations: readonly ConversationRecord[]): Promise<void> {
    if (conversations.length === 0) return;
    const all = conversations;
    await this.ask(SAVE, [
      all.map((c) => c.id),
      all.map((c) => c.poolId),
      all.map((c) => c.userId),
      all.map((c) => c.activeLineId),
      all.map((c) => dateOrNull(c.lastInboundAt)),
      all.map((c) => dateOrNull(c.lastOutboundAt)),
      all.map((c) => dateOrNull(c.lastUnsolicitedTurnAt)),
      all.map((c) => c.outboundTurns),
      all.map((c) => c.unansweredTurns),
      all.map((c) => JSON.stringify(c.pullTurns)),
      all.map((c) => date(c.updatedAt)),
    ]);
  }

  async chats(ids: readonly string[]): Promise<ChatRecord[]> {
    const rows = await this.ask<Record<string, unknown>>(CHATS, [ids]);
    return rows.map((row) => chatOf(rowFromJson(row) as unknown as Chat));
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
    await this.ask(SAVE_CHATS, [
      chats.map((c) => c.id),
      chats.map((c) => c.conversationId),
      chats.map((c) => c.lineId),
      chats.map((c) => c.isGroup),
      chats.map((c) => c.health),
      chats.map((c) => dateOrNull(c.healthAt)),
      chats.map((c) => c.service),
      chats.map((c) => c.startedBy),
      chats.map((c) => date(c.createdAt)),
      chats.map((c) => date(c.lastActivityAt)),
      chats.map((c) => dateOrNull(c.lastSharedAt)),
      chats.map((c) => c.shares),
      chats.map((c) => dateOrNull(c.imessageSeenAt)),
    ]);
  }

  async chatsToShare(query: {
    lineIds: readonly string[];
    activeSince: EpochMs;
    sharedBefore: EpochMs;
    refusedBefore: EpochMs;
    maxShares: number;
    limit: number;
  }): Promise<ShareCandidate[]> {
    const { lineIds, maxShares, limit } = query;
    const found = await this.db.$queryRaw<Omit<ShareCandidate & ShareRow, 'chat' | 'share'>[]>`
      SELECT c.id, v.last_inbound_at IS NOT NULL AS "hasInbound",
        v.last_outbound_at IS NOT NULL AS "hasOutbound", l.set_to AS identity,
        s.identity AS shared, coalesce(s.shares, c.shares) AS shares,
        coalesce(s.refusals, 0) AS refusals, s.refused_at AS "refusedAt"
      FROM chats c JOIN conversations v ON v.id = c.conversation_id
      LEFT JOIN chat_shares s ON s.chat_id = c.id
      LEFT JOIN line_identities l ON l.line_id = c.line_id
      WHERE c.last_activity_at >= ${date(query.activeSince)}
        AND c.line_id = ANY(${[...lineIds]}::uuid[]) AND NOT c.is_group
        AND c.service = 'iMessage' AND c.health IN ('HEALTHY', 'AT_RISK')
        AND NOT EXISTS (SELECT 1 FROM suppressions p
          WHERE p.user_id = v.user_id AND p.suppressed_at IS NOT NULL)
        AND (s.identity <> l.set_to OR (
          coalesce(s.shares, c.shares) < ${maxShares}
          AND (c.last_shared_at IS NULL OR c.last_shared_at < ${date(query.sharedBefore)})
          AND (s.refused_at IS NULL OR s.refused_at < ${date(query.refusedBefore)})))
      ORDER BY c.last_activity_at DESC LIMIT ${limit}`;
    const chats = new Map(
      (await this.chats(found.map(({ id }) => id))).map((chat) => [chat.id, chat]),
    );
    return found.flatMap(({ id: chatId, hasInbound, hasOutbound, identity, ...row }) => {
      const chat = chats.get(chatId);
      const { shares, refusals, shared } = row;
      const refusedAt = msOrNull(row.refusedAt);
      const share = { chatId, identity: shared, shares, refusals, refusedAt };
      return chat ? [{ chat, hasInbound, hasOutbound, identity, share }] : [];
    });
  }

  async saveShare({ chatId, ...share }: ChatShareRecord): Promise<void> {
    const data = { ...share, refusedAt: dateOrNull(share.refusedAt) };
    await this.db.chatShare.upsert({
      where: { chatId },
      create: { chatId, ...data },
      update: data,
    });
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

// Always in the order of ids, so that two batches never wait for each other in a circle.
const LOCK: Prepared = {
  name: 'conversations-lock',
  text: `
  SELECT c.* FROM conversations c
  WHERE c.id IN (
    SELECT id FROM conversations WHERE user_id = ANY($1::uuid[])
    UNION SELECT id FROM conversations WHERE id = ANY($2::uuid[]))
  ORDER BY c.id FOR UPDATE OF c`,
};

const CHATS: Prepared = {
  name: 'chats-by-ids',
  text: 'SELECT * FROM chats WHERE id = ANY($1::text[])',
};

const SAVE: Prepared = {
  name: 'conversations-save',
  text: `
  INSERT INTO conversations (id, pool_id, user_id, active_line_id, last_inbound_at,
    last_outbound_at, last_unsolicited_turn_at, outbound_turns, unanswered_turns, pull_turns, updated_at)
  SELECT * FROM unnest(
    $1::uuid[],
    $2::uuid[],
    $3::uuid[],
    $4::uuid[],
    $5::timestamptz[],
    $6::timestamptz[],
    $7::timestamptz[],
    $8::int[],
    $9::int[],
    $10::jsonb[],
    $11::timestamptz[])
  AS t (id, pool_id, user_id, active_line_id, last_inbound_at, last_outbound_at, last_unsolicited_turn_at,
    outbound_turns, unanswered_turns, pull_turns, updated_at)
  ORDER BY user_id, pool_id
  ON CONFLICT (pool_id, user_id) DO UPDATE SET
    active_line_id = excluded.active_line_id, last_inbound_at = excluded.last_inbound_at,
    last_outbound_at = excluded.last_outbound_at,
    last_unsolicited_turn_at = excluded.last_unsolicited_turn_at,
    outbound_turns = excluded.outbound_turns, unanswered_turns = excluded.unanswered_turns,
    pull_turns = excluded.pull_turns, updated_at = excluded.updated_at`,
};

const SAVE_CHATS: Prepared = {
  name: 'chats-save',
  text: `
  INSERT INTO chats (id, conversation_id, line_id, is_group, health, health_at, service, started_by,
    created_at, last_activity_at, last_shared_at, shares, imessage_seen_at)
  SELECT * FROM unnest(
    $1::text[],
    $2::uuid[],
    $3::uuid[],
    $4::bool[],
    $5::text[],
    $6::timestamptz[],
    $7::text[],
    $8::text[],
    $9::timestamptz[],
    $10::timestamptz[],
    $11::timestamptz[],
    $12::int[],
    $13::timestamptz[])
  AS t (id, conversation_id, line_id, is_group, health, health_at, service, started_by,
    created_at, last_activity_at, last_shared_at, shares, imessage_seen_at)
  ORDER BY id
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
    imessage_seen_at = greatest(chats.imessage_seen_at, excluded.imessage_seen_at)`,
};

interface ShareRow {
  readonly id: string;
  readonly shared: string | null;
  readonly shares: number;
  readonly refusals: number;
  readonly refusedAt: Date | null;
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
