import {
  type EnvironmentRecord,
  type GroupBasis,
  type GroupRow,
  GroupStore,
  type SendRecord,
} from '@linekeeper/application';
import type { EpochMs, SendClass } from '@linekeeper/domain';
import type { Ask, Db, Prepared } from '../database';
import { LineVersions, versionOf } from '../line-versions';
import { date, dateOrNull, msOrNull } from '../values';

export class PrismaGroupStore extends GroupStore {
  private readonly lines: LineVersions;

  constructor(
    private readonly db: Db,
    private readonly ask: Ask,
  ) {
    super();
    this.lines = new LineVersions(ask);
  }

  async look(
    chatId: string,
    since: {
      readonly now: EpochMs;
      readonly dayStart: EpochMs;
      readonly ejectedAfter: EpochMs;
      readonly repliesAfter: EpochMs;
    },
    text: { readonly hash: string; readonly since: EpochMs } | null,
  ): Promise<GroupRow | null> {
    const [row] = await this.ask<Row>(LOOK, [
      chatId,
      date(since.now),
      date(since.dayStart),
      date(since.ejectedAfter),
      date(since.repliesAfter),
      text?.hash ?? null,
      text === null ? null : date(text.since),
    ]);
    if (!row) return null;
    const seen = (await this.lines.of([{ id: row.line_id, version: row.line_version }])).get(
      row.line_id,
    );
    // Lines are never deleted.
    if (!seen) throw new Error(`The line ${row.line_id} is not there any more`);
    const until = msOrNull(row.recreated_until);
    return {
      chatId: row.chat_id,
      isGroup: row.is_group,
      key: row.key,
      poolId: row.pool_id,
      poolZone: row.pool_zone,
      ...seen,
      lastInboundAt: msOrNull(row.last_inbound_at),
      transactionalToday: row.transactional_today,
      sameTextAt: (row.same_text_at ?? []).map((at) => at.getTime()),
      unsettledUntil: msOrNull(row.unsettled_until),
      recreation:
        row.recreated_by === null || until === null ? null : { sendId: row.recreated_by, until },
      eventsPending: row.events_pending,
      environment: { frozenAt: msOrNull(row.frozen_at), actuators: row.actuators },
      recentlyEjected: row.ejected,
      linesInUse: row.in_use,
      shedClasses: row.shed_classes ?? [],
    };
  }

  async insertSend(send: SendRecord, basis: GroupBasis): Promise<boolean> {
    if (send.newConversation && !(await this.isFreeToMakeAnew(basis.chatId, send))) return false;
    const { text } = basis;
    const written = await this.db.$executeRaw`
      INSERT INTO sends (id, user_id, line_id, assignment_epoch, class, messages, settled_messages,
        new_conversation, state, policy_version, admitted_at, expires_at, group_chat_id)
      SELECT ${send.id}::uuid, ${send.userId}::uuid, l.id, ${send.assignmentEpoch}, ${send.class},
        ${send.messages}, 0, ${send.newConversation}, ${send.state}, ${send.policyVersion},
        ${date(send.admittedAt)}, ${date(send.expiresAt)}, c.id
      FROM lines l, environment e, chats c
      WHERE l.id = ${send.lineId}::uuid AND l.epoch = ${basis.lineEpoch} AND e.id = 1
        AND e.frozen_at IS NOT DISTINCT FROM ${dateOrNull(basis.frozenAt)}::timestamptz
        AND c.id = ${basis.chatId} AND c.alias_of IS NULL`;
    if (written === 0) return false;
    if (text !== null) await this.noteText(send, text);
    return true;
  }

  async continueIn(from: string, to: string): Promise<boolean> {
    // All in the order of ids, so that two never wait for each other in a circle.
    const threads = await this.db.$queryRaw<{ id: string; aliasOf: string | null }[]>`
      SELECT id, alias_of AS "aliasOf" FROM chats
      WHERE id IN (${from}, ${to}) OR alias_of IN (${from}, ${to}) ORDER BY id FOR UPDATE`;
    const old = threads.find(({ id }) => id === from);
    if (old?.aliasOf !== null || !threads.some(({ id }) => id === to)) return false;
    await this.db.$executeRaw`
      UPDATE chats SET alias_of = CASE WHEN id = ${to} THEN NULL ELSE ${to} END
      WHERE id = ANY(${threads.map(({ id }) => id)}::text[])`;
    return true;
  }

  /** Whoever makes it anew at this moment is waited for: after that their hold is seen. */
  private async isFreeToMakeAnew(chatId: string, { admittedAt }: SendRecord): Promise<boolean> {
    await this.db.$queryRaw`SELECT id FROM chats WHERE id = ${chatId} FOR UPDATE`;
    const open = await this.db.send.count({
      where: {
        groupChatId: chatId,
        newConversation: true,
        state: { in: ['open', 'unknown'] },
        expiresAt: { gt: date(admittedAt) },
        userId: await this.keyOf(chatId),
      },
    });
    return open === 0;
  }

  private async keyOf(chatId: string): Promise<string> {
    const [row] = await this.db.$queryRaw<{ key: string }[]>`
      SELECT md5('group:' || ${chatId}::text)::uuid::text AS key`;
    return row?.key ?? '';
  }

  private async noteText(
    { id, admittedAt }: SendRecord,
    { hash, since, limit }: NonNullable<GroupBasis['text']>,
  ): Promise<void> {
    await this.db.$executeRaw`
      INSERT INTO text_bursts AS b (text_hash, send_ids, ats)
      VALUES (${hash}, ARRAY[${id}::uuid], ARRAY[${date(admittedAt)}::timestamptz])
      ON CONFLICT (text_hash) DO UPDATE SET (send_ids, ats) = (
        SELECT array_agg(kept.id ORDER BY kept.at), array_agg(kept.at ORDER BY kept.at) FROM (
          SELECT x.id, x.at FROM unnest(b.send_ids || excluded.send_ids, b.ats || excluded.ats) AS x(id, at)
          WHERE x.at > ${date(since)} ORDER BY x.at DESC LIMIT ${limit}) AS kept)`;
  }
}

// A group has no row of its own: its thread's id stands for it, and in holds, which name a person, a key made of that.
const LOOK: Prepared = {
  name: 'group-look',
  text: `
  WITH thread AS (
    SELECT c.id, c.line_id, c.is_group FROM chats a JOIN chats c ON c.id = coalesce(a.alias_of, a.id)
    WHERE a.id = $1::text),
  threads AS (
    SELECT x.id, md5('group:' || x.id)::uuid AS key FROM thread t JOIN chats x ON x.id = t.id
    UNION ALL
    SELECT x.id, md5('group:' || x.id)::uuid FROM thread t JOIN chats x ON x.alias_of = t.id),
  ejected AS MATERIALIZED (
    SELECT count(*)::int AS lines FROM lines x WHERE x.managed AND x.admin_state <> 'retired'
      AND x.ejected_at > $4::timestamptz)
  SELECT t.id AS chat_id, t.is_group, md5('group:' || t.id)::uuid::text AS key,
    l.id AS line_id, ${versionOf('l')} AS line_version, p.id AS pool_id, p.time_zone AS pool_zone,
    p.shed_classes, e.frozen_at, e.actuators, j.lines AS ejected,
    CASE WHEN j.lines = 0 THEN 0 ELSE (SELECT count(*)::int FROM lines x
      WHERE x.managed AND x.admin_state <> 'retired') END AS in_use,
    (SELECT max(m.at) FROM threads x JOIN messages m ON m.chat_id = x.id
      WHERE m.direction = 'in' AND m.at > $5::timestamptz) AS last_inbound_at,
    EXISTS (SELECT 1 FROM threads x JOIN inbox_events v ON v.order_key = 'chat:' || x.id
      WHERE v.state = 'pending') AS events_pending,
    w.transactional_today, w.unsettled_until, r.id::text AS recreated_by,
    r.expires_at AS recreated_until,
    CASE WHEN $6::text IS NULL THEN NULL ELSE ARRAY(
      SELECT y.at FROM text_bursts b, unnest(b.ats) AS y(at)
      WHERE b.text_hash = $6::text AND y.at > $7::timestamptz ORDER BY y.at) END AS same_text_at
  FROM thread t
  JOIN lines l ON l.id = t.line_id
  JOIN pools p ON p.id = l.pool_id
  JOIN environment e ON e.id = 1
  CROSS JOIN ejected j
  CROSS JOIN LATERAL (
    SELECT
      (count(*) FILTER (WHERE s.class = 'transactional'
        AND s.state IN ('open', 'unknown', 'settled') AND s.admitted_at >= $3::timestamptz))::int
        AS transactional_today,
      max(s.expires_at) FILTER (WHERE s.state IN ('open', 'unknown') AND NOT s.new_conversation
        AND s.expires_at > $2::timestamptz AND EXISTS (SELECT 1 FROM lines y WHERE y.id = s.line_id
          AND (y.health = 'ejected' OR y.provider_status = 'FLAGGED'))) AS unsettled_until
    FROM threads x JOIN sends s ON s.user_id = x.key
      AND s.admitted_at >= least($3::timestamptz, $2::timestamptz - interval '1 day')) w
  LEFT JOIN LATERAL (
    SELECT s.id, s.expires_at FROM sends s
    WHERE s.user_id = md5('group:' || t.id)::uuid AND s.group_chat_id = t.id AND s.new_conversation
      AND s.state IN ('open', 'unknown') AND s.expires_at > $2::timestamptz
    ORDER BY s.admitted_at DESC LIMIT 1) r ON true`,
};

interface Row {
  chat_id: string;
  is_group: boolean;
  key: string;
  line_id: string;
  line_version: string;
  pool_id: string;
  pool_zone: string;
  shed_classes: SendClass[] | null;
  frozen_at: Date | null;
  actuators: EnvironmentRecord['actuators'];
  ejected: number;
  in_use: number;
  last_inbound_at: Date | null;
  events_pending: boolean;
  transactional_today: number;
  unsettled_until: Date | null;
  recreated_by: string | null;
  recreated_until: Date | null;
  same_text_at: Date[] | null;
}
