import { UsageHistory } from '@linekeeper/application';
import {
  DAY_MS,
  epochHour,
  type EpochMs,
  type HourTotal,
  HOUR_MS,
  type LineHistory,
  type Mark,
  type MessageMark,
  MINUTE_MS,
  type OpenHold,
} from '@linekeeper/domain';
import type { Db } from './database';
import { date } from './values';

/** The running hour and the 24 before it. */
const HOURS_BACK = 24;

interface HistoryRow {
  readonly line_id: string;
  readonly hours: HourTotal[];
  readonly messages: MessageMark[];
  readonly threads: Mark[];
  readonly non_replies: (Mark & { readonly units: number })[];
  readonly holds: OpenHold[];
}

/**
 * One statement for all of it, so that it is of one moment: a message is never seen counted with its hold still
 * open. A message without news marks the windows by its send, also once its hold has expired: it may have left.
 * Instants come as milliseconds since the epoch.
 */
export class PrismaUsageHistory extends UsageHistory {
  constructor(private readonly db: Db) {
    super();
  }

  async read(lineIds: readonly string[] | 'all', now: EpochMs): Promise<Map<string, LineHistory>> {
    const all = lineIds === 'all';
    const rows = await this.db.$queryRaw<HistoryRow[]>`
      SELECT l.id AS line_id,
        (SELECT coalesce(json_agg(json_build_object('hour', h.hour, 'in', h."in", 'out', h.out)), '[]')
          FROM line_hours h WHERE h.line_id = l.id AND h.hour >= ${epochHour(now) - HOURS_BACK}) AS hours,
        (SELECT coalesce(json_agg(json_build_object('id', m.id, 'recipient', m.user_id,
            'at', (extract(epoch FROM m.at) * 1000)::bigint)), '[]')
          FROM (
            SELECT m.id, m.user_id, m.at FROM messages m
            WHERE m.line_id = l.id AND m.at > ${date(now - HOUR_MS)}
              AND m.direction = 'out' AND m.user_id IS NOT NULL
            UNION ALL
            SELECT s.id || '#' || i, s.user_id, s.admitted_at
            FROM sends s, generate_series(0, s.messages - s.settled_messages - 1) i
            WHERE s.line_id = l.id AND s.admitted_at > ${date(now - HOUR_MS)} AND s.state <> 'released'
          ) m) AS messages,
        (SELECT coalesce(json_agg(json_build_object('id', c.id,
            'at', (extract(epoch FROM c.created_at) * 1000)::bigint)), '[]')
          FROM (
            SELECT c.id, c.created_at FROM chats c
            WHERE c.line_id = l.id AND c.created_at > ${date(now - DAY_MS)}
              AND c.started_by = 'outbound' AND NOT c.is_group
            UNION ALL
            SELECT s.id::text, s.admitted_at FROM sends s
            WHERE s.line_id = l.id AND s.admitted_at > ${date(now - DAY_MS)}
              AND s.new_conversation AND s.settled_messages = 0 AND s.state <> 'released'
          ) c) AS threads,
        (SELECT coalesce(json_agg(json_build_object('id', s.id, 'units', s.messages,
            'at', (extract(epoch FROM s.admitted_at) * 1000)::bigint)), '[]')
          FROM sends s WHERE s.line_id = l.id AND s.admitted_at > ${date(now - MINUTE_MS)}
            AND s.class <> 'reply' AND s.state <> 'released') AS non_replies,
        (SELECT coalesce(json_agg(hold), '[]') FROM (
          SELECT s.id, s.user_id AS recipient, s.messages - s.settled_messages AS left,
            (extract(epoch FROM s.admitted_at) * 1000)::bigint AS at,
            (extract(epoch FROM s.expires_at) * 1000)::bigint AS "expiresAt",
            s.class <> 'reply' AS bursts,
            s.new_conversation AND s.settled_messages = 0 AS "newConversation"
          FROM sends s WHERE s.line_id = l.id AND s.state IN ('open', 'unknown')
            AND s.expires_at > ${date(now)}
          UNION ALL
          SELECT g.id, g.recipient, g.units,
            (extract(epoch FROM g.at) * 1000)::bigint, (extract(epoch FROM g.expires_at) * 1000)::bigint,
            g.bursts, g.new_conversation
          FROM ledger_holds g WHERE g.line_id = l.id AND g.expires_at > ${date(now)}
            AND NOT EXISTS (SELECT 1 FROM sends s WHERE s.id = g.id)) hold) AS holds
      FROM lines l WHERE ${all} OR l.id = ANY(${all ? [] : lineIds}::uuid[])`;
    return new Map(
      rows.map(({ line_id, non_replies, ...row }) => [
        line_id,
        { ...row, nonReplies: non_replies },
      ]),
    );
  }
}
