import {
  type AssignmentState,
  Batches,
  type ChatHealth,
  type EnvironmentRecord,
  type GateLine,
  type GateRow,
  GateStore,
  versionOfId,
} from '@linekeeper/application';
import type { EpochMs, SendClass } from '@linekeeper/domain';
import type { Ask, Prepared } from '../database';
import type { Conversation } from '../generated/client';
import { CONVERSATION_INSTANTS, rowFromJson } from '../json-rows';
import { LineVersions, type SeenLine, versionOf } from '../line-versions';
import { date, msOrNull } from '../values';
import { conversationOf } from './conversation-store';

type Person = { readonly userId: string } | { readonly handle: string };

interface Since {
  readonly dayStart: EpochMs;
  readonly ejectedAfter: EpochMs;
  readonly now: EpochMs;
}

interface Question {
  readonly who: Person;
  readonly since: Since;
  readonly text: { readonly hash: string; readonly since: EpochMs } | null;
}

/** Looks that are made at about the same time share a statement; none waits for a lock, so one at a time is best. */
const BOUNDS = { most: 100, inFlight: 1 };

export class PrismaGateStore extends GateStore {
  private readonly looks: Batches<Question, GateRow[]>;
  private readonly lines: LineVersions;

  constructor(private readonly ask: Ask) {
    super();
    this.lines = new LineVersions(ask);
    this.looks = new Batches((questions) => this.lookAll(questions), BOUNDS);
  }

  look(who: Person, since: Since, text: Question['text'] = null): Promise<GateRow[]> {
    return this.looks.do({ who, since, text });
  }

  private async lookAll(questions: readonly Question[]): Promise<GateRow[][]> {
    const column = <T>(of: (question: Question) => T): T[] => questions.map(of);
    const rows = await this.ask<Row>(LOOK, [
      column(({ who }) => ('userId' in who ? who.userId : null)),
      column(({ who }) => ('handle' in who ? who.handle : null)),
      column(({ since }) => date(since.now)),
      column(({ since }) => date(since.dayStart)),
      column(({ since }) => date(since.ejectedAfter)),
      column(({ text }) => text?.hash ?? null),
      column(({ text }) => (text === null ? null : date(text.since))),
    ]);
    const lines = await this.lines.of(versionsIn(rows));
    const answers: GateRow[][] = questions.map(() => []);
    for (const row of rows) answers[row.n - 1]?.push(rowOf(row, lines));
    return answers;
  }
}

// The users are looked up one by one: a join of the planner's choice reads the whole table for a batch. What concerns the
// fleet is read once a batch, and of a line only which version of its row it is. No hold lasts longer than a day.
const LOOK: Prepared = {
  name: 'gate-look',
  text: `
  WITH asked AS (
    SELECT * FROM unnest(
      $1::uuid[],
      $2::text[],
      $3::timestamptz[],
      $4::timestamptz[],
      $5::timestamptz[],
      $6::text[],
      $7::timestamptz[])
    WITH ORDINALITY AS q (user_id, handle, now, day_start, ejected_after, text_hash, text_since, n)),
  people AS (
    SELECT q.*, CASE WHEN q.user_id IS NULL
        THEN (SELECT h.user_id FROM handles h WHERE h.value = q.handle)
        ELSE (SELECT coalesce(x.merged_into, x.id) FROM users x WHERE x.id = q.user_id) END AS id
    FROM asked q),
  ejected AS MATERIALIZED (
    SELECT count(*)::int AS lines FROM lines x WHERE x.managed AND x.admin_state <> 'retired'
      AND x.ejected_at > (SELECT min(q.ejected_after) FROM asked q)),
  fleet AS MATERIALIZED (
    SELECT e.name, e.frozen_at, e.actuators, j.lines AS ejected,
      CASE WHEN j.lines = 0 THEN 0 ELSE (SELECT count(*)::int FROM lines x
        WHERE x.managed AND x.admin_state <> 'retired') END AS in_use
    FROM environment e, ejected j WHERE e.id = 1)
  SELECT q.n::int AS n,
    u.id AS user_id, u.erased_at, u.time_zone, p.id AS pool_id, p.time_zone AS pool_zone, p.shed_classes,
    a.id AS assignment_id, a.epoch, a.state, a.first_send_at, a.needs_introduction_since,
    a.line_id, ${versionOf('l')} AS line_version, o.id AS active_line_id, ${versionOf('o')} AS active_version,
    s.suppressed_at, s.lifted_at, s.reply_allowed_until,
    CASE WHEN c.id IS NULL THEN NULL ELSE to_jsonb(c) END AS conversation,
    t.chats, coalesce(t.pending, false) AS events_pending,
    ARRAY(SELECT k.line_id FROM known_numbers k
      WHERE k.user_id = u.id AND k.sureness = 'known') AS known,
    w.open_unsolicited_at, w.transactional_today, w.unsettled_until,
    CASE WHEN q.text_hash IS NULL THEN NULL ELSE ARRAY(
      SELECT t.at FROM text_bursts b, unnest(b.ats) AS t(at)
      WHERE b.text_hash = q.text_hash AND t.at > q.text_since ORDER BY t.at) END AS same_text_at,
    f.name, f.frozen_at, f.actuators, f.ejected, f.in_use
  FROM people q
  JOIN LATERAL (SELECT * FROM users x WHERE x.id = q.id LIMIT 1) u ON true
  JOIN assignments a ON a.user_id = u.id
  JOIN pools p ON p.id = a.pool_id
  JOIN lines l ON l.id = a.line_id
  CROSS JOIN fleet f
  LEFT JOIN suppressions s ON s.user_id = u.id
  LEFT JOIN conversations c ON c.user_id = u.id AND c.pool_id = a.pool_id
  LEFT JOIN lines o ON o.id = c.active_line_id AND o.id <> a.line_id
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('id', h.id, 'lineId', h.line_id, 'health', h.health,
          'since', (extract(epoch FROM h.health_at) * 1000)::bigint)
        ORDER BY h.last_activity_at DESC) AS chats,
      bool_or(EXISTS (SELECT 1 FROM inbox_events e
        WHERE e.order_key = 'chat:' || h.id AND e.state = 'pending')) AS pending
    FROM chats h WHERE h.conversation_id = c.id AND NOT h.is_group) t ON true
  CROSS JOIN LATERAL (
    SELECT
      max(x.admitted_at) FILTER (WHERE x.class <> 'reply'
        AND x.state IN ('open', 'unknown') AND x.expires_at > q.now) AS open_unsolicited_at,
      (count(*) FILTER (WHERE x.class = 'transactional'
        AND x.state IN ('open', 'unknown', 'settled') AND x.admitted_at >= q.day_start))::int
        AS transactional_today,
      max(x.expires_at) FILTER (WHERE x.state IN ('open', 'unknown') AND x.expires_at > q.now
        AND EXISTS (SELECT 1 FROM lines y WHERE y.id = x.line_id
          AND (y.health = 'ejected' OR y.provider_status = 'FLAGGED'))) AS unsettled_until
    FROM sends x
    WHERE x.user_id = u.id AND x.admitted_at >= least(q.day_start, q.now - interval '1 day')) w`,
};

interface Row {
  /** Of the question, from 1. */
  n: number;
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
  needs_introduction_since: Date | null;
  line_id: string;
  line_version: string;
  active_line_id: string | null;
  active_version: string | null;
  suppressed_at: Date | null;
  lifted_at: Date | null;
  reply_allowed_until: Date | null;
  conversation: Record<string, unknown> | null;
  chats: { id: string; lineId: string; health: ChatHealth; since: number | null }[] | null;
  events_pending: boolean;
  known: string[];
  open_unsolicited_at: Date | null;
  transactional_today: number;
  same_text_at: Date[] | null;
  unsettled_until: Date | null;
  name: string;
  frozen_at: Date | null;
  actuators: EnvironmentRecord['actuators'];
  ejected: number;
  in_use: number;
}

function versionsIn(rows: readonly Row[]): { id: string; version: string }[] {
  return rows.flatMap((row) => [
    { id: row.line_id, version: row.line_version },
    ...(row.active_line_id !== null && row.active_version !== null
      ? [{ id: row.active_line_id, version: row.active_version }]
      : []),
  ]);
}

function rowOf(row: Row, lines: ReadonlyMap<string, SeenLine>): GateRow {
  const chats = row.chats ?? [];
  const gateLine = (id: string): GateLine => {
    const seen = lines.get(id);
    // Lines are never deleted.
    if (!seen) throw new Error(`The line ${id} is not there any more`);
    // A line that has changed its version has threads of both; into the others nothing can be sent any more.
    const onLine = chats.filter(({ lineId }) => lineId === id);
    const chat = onLine.find((each) => versionOfId(each.id) === seen.line.apiVersion) ?? onLine[0];
    return {
      ...seen,
      chat: chat ? { id: chat.id, health: chat.health } : null,
      known: row.known.includes(id),
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
    needsIntroductionSince: msOrNull(row.needs_introduction_since),
    suppressedAt: msOrNull(row.suppressed_at),
    liftedAt: msOrNull(row.lifted_at),
    replyAllowedUntil: msOrNull(row.reply_allowed_until),
    conversation:
      row.conversation &&
      conversationOf(
        rowFromJson(row.conversation, CONVERSATION_INSTANTS) as unknown as Conversation,
      ),
    assigned: gateLine(row.line_id),
    active: row.active_line_id === null ? null : gateLine(row.active_line_id),
    threads: chats.map(({ health, since }) => ({ health, since })),
    openUnsolicitedAt: msOrNull(row.open_unsolicited_at),
    unsettledUntil: msOrNull(row.unsettled_until),
    sameTextAt: (row.same_text_at ?? []).map((at) => at.getTime()),
    transactionalToday: row.transactional_today,
    eventsPending: row.events_pending,
    environment: {
      name: row.name,
      frozenAt: msOrNull(row.frozen_at),
      actuators: row.actuators,
    },
    recentlyEjected: row.ejected,
    linesInUse: row.in_use,
    shedClasses: row.shed_classes ?? [],
  };
}
