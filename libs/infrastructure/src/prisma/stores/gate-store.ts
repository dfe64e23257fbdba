import {
  type AssignmentState,
  type ChatHealth,
  type EnvironmentRecord,
  type GateLine,
  type GateRow,
  GateStore,
} from '@linekeeper/application';
import type { EpochMs, SendClass } from '@linekeeper/domain';
import type { Db } from '../database';
import type { Conversation, Line } from '../generated/client';
import { Prisma } from '../generated/client';
import { date, msOrNull } from '../values';
import { CONVERSATION_INSTANTS, LINE_INSTANTS, rowFromJson } from '../json-rows';
import { conversationOf } from './conversation-store';
import { lineRecordOf } from './line-store';

export class PrismaGateStore extends GateStore {
  constructor(private readonly db: Db) {
    super();
  }

  async look(
    who: { readonly userId: string } | { readonly handle: string },
    since: { readonly dayStart: EpochMs; readonly ejectedAfter: EpochMs; readonly now: EpochMs },
  ): Promise<GateRow[]> {
    const person =
      'userId' in who
        ? Prisma.sql`u.id = (SELECT coalesce(merged_into, id) FROM users WHERE id = ${who.userId}::uuid)`
        : Prisma.sql`u.id = (SELECT user_id FROM handles WHERE value = ${who.handle})`;
    const rows = await this.db.$queryRaw<Row[]>`
      SELECT u.id AS user_id, u.erased_at, u.time_zone, p.id AS pool_id, p.time_zone AS pool_zone, p.shed_classes,
        a.id AS assignment_id, a.epoch, a.state, a.first_send_at,
        s.suppressed_at, s.lifted_at, s.reply_allowed_until,
        to_jsonb(c) AS conversation, to_jsonb(l) AS line, to_jsonb(n) AS active_line,
        ${maxDailyUse(Prisma.sql`a.line_id`)} AS max_use,
        ${maxDailyUse(Prisma.sql`n.id`)} AS active_max_use,
        (SELECT jsonb_agg(jsonb_build_object('id', t.id, 'lineId', t.line_id, 'health', t.health,
              'since', (extract(epoch FROM t.health_at) * 1000)::bigint)
            ORDER BY t.last_activity_at DESC)
          FROM chats t WHERE t.conversation_id = c.id AND NOT t.is_group) AS chats,
        (SELECT coalesce(jsonb_agg(k.line_id), '[]') FROM known_numbers k
          WHERE k.user_id = u.id AND k.sureness = 'known') AS known,
        (SELECT max(x.admitted_at) FROM sends x WHERE x.user_id = u.id AND x.class <> 'reply'
          AND x.state IN ('open', 'unknown') AND x.expires_at > ${date(since.now)}) AS open_unsolicited_at,
        (SELECT count(*)::int FROM sends x WHERE x.user_id = u.id AND x.class = 'transactional'
          AND x.state IN ('open', 'unknown', 'settled') AND x.admitted_at >= ${date(since.dayStart)}) AS transactional_today,
        EXISTS (SELECT 1 FROM chats t JOIN inbox_events e ON e.order_key = 'chat:' || t.id
          WHERE t.conversation_id = c.id AND e.state = 'pending') AS events_pending,
        (SELECT to_jsonb(e) FROM environment e WHERE e.id = 1) AS environment,
        (SELECT count(*)::int FROM lines x WHERE x.managed AND x.admin_state <> 'retired'
          AND x.ejected_at > ${date(since.ejectedAfter)}) AS recently_ejected,
        (SELECT count(*)::int FROM lines x WHERE x.managed AND x.admin_state <> 'retired') AS lines_in_use
      FROM users u
      JOIN assignments a ON a.user_id = u.id
      JOIN pools p ON p.id = a.pool_id
      JOIN lines l ON l.id = a.line_id
      LEFT JOIN suppressions s ON s.user_id = u.id
      LEFT JOIN conversations c ON c.user_id = u.id AND c.pool_id = a.pool_id
      LEFT JOIN lines n ON n.id = c.active_line_id AND n.id <> a.line_id
      WHERE ${person}`;
    return rows.map(rowOf);
  }
}

function maxDailyUse(lineId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(SELECT coalesce(max(d."in" + d.out), 0)::int FROM
    (SELECT "in", out FROM line_days WHERE line_id = ${lineId} ORDER BY day DESC LIMIT 7) d)`;
}

interface Row {
  user_id: string;
  erased_at: Date | null;
  time_zone: string | null;
  pool_id: string;
  pool_zone: string;
  shed_classes: SendClass[] | null;
  assignment_id: string;
  epoch: number;
  state: string;
  first_send_at: Date | null;
  suppressed_at: Date | null;
  lifted_at: Date | null;
  reply_allowed_until: Date | null;
  conversation: Record<string, unknown> | null;
  line: Record<string, unknown>;
  active_line: Record<string, unknown> | null;
  max_use: number;
  active_max_use: number;
  chats: { id: string; lineId: string; health: ChatHealth; since: number | null }[] | null;
  known: string[];
  open_unsolicited_at: Date | null;
  transactional_today: number;
  events_pending: boolean;
  environment: {
    name: string;
    frozen_at: string | null;
    actuators: EnvironmentRecord['actuators'];
  };
  recently_ejected: number;
  lines_in_use: number;
}

function rowOf(row: Row): GateRow {
  const chats = row.chats ?? [];
  const gateLine = (json: Record<string, unknown>, maxDailyUse7d: number): GateLine => {
    const line = lineRecordOf(rowFromJson(json, LINE_INSTANTS) as unknown as Line);
    const chat = chats.find(({ lineId }) => lineId === line.id);
    return {
      line,
      maxDailyUse7d,
      chat: chat ? { id: chat.id, health: chat.health } : null,
      known: row.known.includes(line.id),
    };
  };
  return {
    userId: row.user_id,
    erased: row.erased_at !== null,
    timeZone: row.time_zone,
    poolId: row.pool_id,
    poolZone: row.pool_zone,
    assignmentId: row.assignment_id,
    assignmentEpoch: row.epoch,
    assignmentState: row.state as AssignmentState,
    firstSendAt: msOrNull(row.first_send_at),
    suppressedAt: msOrNull(row.suppressed_at),
    liftedAt: msOrNull(row.lifted_at),
    replyAllowedUntil: msOrNull(row.reply_allowed_until),
    conversation:
      row.conversation &&
      conversationOf(
        rowFromJson(row.conversation, CONVERSATION_INSTANTS) as unknown as Conversation,
      ),
    assigned: gateLine(row.line, row.max_use),
    active: row.active_line && gateLine(row.active_line, row.active_max_use),
    threads: chats.map(({ health, since }) => ({ health, since })),
    openUnsolicitedAt: msOrNull(row.open_unsolicited_at),
    transactionalToday: row.transactional_today,
    eventsPending: row.events_pending,
    environment: {
      name: row.environment.name,
      frozenAt: row.environment.frozen_at === null ? null : Date.parse(row.environment.frozen_at),
      actuators: row.environment.actuators,
    },
    recentlyEjected: row.recently_ejected,
    linesInUse: row.lines_in_use,
    shedClasses: row.shed_classes ?? [],
  };
}
