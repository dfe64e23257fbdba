import type { TestDatabase } from './database';
import { expectSumsToAgree } from './recount';
import type { BookEntry, TestSimulator } from './simulator';

/** What no row may show, whatever happened to the fleet: the name of the rule, and the rows that break it. */
type Rule = readonly [name: string, sql: string];

/** Lines that were lost, each time from when until when; an operator's recovery is told by the step. */
const OUT = `SELECT e.data->>'lineId' AS line, e.at AS since, (
    SELECT min(r.at) FROM outbox_events r WHERE r.seq > e.seq AND r.data->>'lineId' = e.data->>'lineId'
      AND (r.type = 'line.recovered' OR r.data->>'verb' = 'mark-recovered')) AS until
  FROM outbox_events e WHERE e.type = 'line.ejected'`;
const SUSPECT = `SELECT e.data->>'lineId' AS line, e.at AS since, (
    SELECT min(r.at) FROM outbox_events r WHERE r.seq > e.seq AND r.data->>'lineId' = e.data->>'lineId'
      AND r.type IN ('line.recovered', 'line.ejected')) AS until
  FROM outbox_events e WHERE e.type = 'line.suspect'`;
/** Threads that were begun; one whose hold was given back was not. */
const BEGUN = `SELECT id, line_id, class, messages, admitted_at AS at FROM sends
  WHERE new_conversation AND state NOT IN ('released', 'expired')`;

const RULES: readonly Rule[] = [
  [
    'I1: a place is not where its history says, or under another epoch',
    `SELECT a.user_id FROM assignments a LEFT JOIN LATERAL (
        SELECT epoch, to_line_id FROM assignment_history h WHERE h.assignment_id = a.id
        ORDER BY epoch DESC LIMIT 1) h ON true
      WHERE h.epoch IS DISTINCT FROM a.epoch OR h.to_line_id IS DISTINCT FROM a.line_id`,
  ],
  [
    'I1: let out under an epoch that was over',
    `SELECT s.id FROM sends s JOIN lines l ON l.id = s.line_id
      JOIN assignments a ON a.user_id = s.user_id AND a.pool_id = l.pool_id
      JOIN assignment_history h ON h.assignment_id = a.id
      WHERE h.epoch > s.assignment_epoch AND h.at < s.admitted_at`,
  ],
  [
    'I2: moved by itself to a number that they do not hold',
    `SELECT h.assignment_id, h.reason FROM assignment_history h
      JOIN assignments a ON a.id = h.assignment_id JOIN users u ON u.id = a.user_id
      WHERE h.from_line_id <> h.to_line_id AND u.erased_at IS NULL AND u.merged_into IS NULL
        AND (h.failover_id IS NOT NULL OR h.actor LIKE 'automation:%')
        AND h.reason NOT LIKE 'no number they hold%' AND h.reason NOT LIKE 'placed again%'
        AND NOT EXISTS (SELECT 1 FROM known_numbers k WHERE k.user_id = a.user_id
          AND k.line_id = h.to_line_id AND k.first_at <= h.at)`,
  ],
  [
    'I3: let out on a line that was lost',
    `SELECT s.id FROM sends s JOIN (${OUT}) o ON o.line = s.line_id::text
      WHERE s.admitted_at > o.since AND (o.until IS NULL OR s.admitted_at < o.until)`,
  ],
  [
    'I3: more than replies on a suspect line',
    `SELECT s.id FROM sends s JOIN (${SUSPECT}) o ON o.line = s.line_id::text
      WHERE s.class <> 'reply' AND s.admitted_at > o.since AND (o.until IS NULL OR s.admitted_at < o.until)`,
  ],
  [
    'I5: more messages under a hold than it was given for, or on another line',
    `SELECT s.id FROM sends s JOIN messages m ON m.send_id = s.id AND m.direction = 'out'
      GROUP BY s.id HAVING count(*) > s.messages OR bool_or(m.line_id <> s.line_id)`,
  ],
  [
    'I8: let out to somebody who had said stop',
    `SELECT s.id FROM sends s JOIN suppressions p ON p.user_id = s.user_id
      WHERE p.suppressed_at IS NOT NULL AND s.admitted_at > p.suppressed_at AND NOT (
        s.class = 'reply' AND p.reply_allowed_until IS NOT NULL AND s.admitted_at <= p.reply_allowed_until)`,
  ],
  [
    'I8: somebody who was erased is still written to, has a place or a handle',
    `SELECT u.id FROM users u WHERE u.erased_at IS NOT NULL AND (
      EXISTS (SELECT 1 FROM sends s WHERE s.user_id = u.id AND s.admitted_at > u.erased_at)
      OR EXISTS (SELECT 1 FROM assignments a WHERE a.user_id = u.id AND a.state <> 'released')
      OR EXISTS (SELECT 1 FROM handles h WHERE h.user_id = u.id))`,
  ],
  [
    'I9: flagged by the provider, and not out',
    `SELECT phone_number FROM lines
      WHERE managed AND admin_state <> 'retired' AND provider_status = 'FLAGGED' AND health <> 'ejected'`,
  ],
  [
    'I9: more lines out by inference than a fifth of the pool',
    `SELECT pool_id FROM lines WHERE managed AND admin_state = 'enabled' GROUP BY pool_id
      HAVING count(*) FILTER (WHERE health = 'ejected' AND health_by = 'automation')
        > greatest(1, floor(0.2 * count(*)))`,
  ],
  [
    'I10: more than ten threads begun unasked in an hour, or fifty in a day',
    `SELECT a.id FROM (${BEGUN}) a JOIN (${BEGUN}) b ON b.line_id = a.line_id AND b.at <= a.at
        AND b.at > a.at - interval '24 hours'
      GROUP BY a.id, a.at HAVING sum(b.messages) > 50 OR sum(b.messages)
        FILTER (WHERE b.class <> 'reply' AND b.at > a.at - interval '1 hour') > 10`,
  ],
  [
    'I10: more than twenty messages that answer nobody in a minute',
    `SELECT a.id FROM sends a JOIN sends b ON b.line_id = a.line_id AND b.admitted_at <= a.admitted_at
        AND b.admitted_at > a.admitted_at - interval '1 minute'
        AND b.class <> 'reply' AND b.state NOT IN ('released', 'expired')
      GROUP BY a.id HAVING sum(b.messages) > 20`,
  ],
  [
    'I11: on a lost line, in no list, and nothing moves them',
    `SELECT a.user_id FROM assignments a JOIN lines l ON l.id = a.line_id
      WHERE l.health = 'ejected' AND a.state NOT IN ('released', 'needs-introduction')
        AND NOT EXISTS (SELECT 1 FROM failovers f WHERE f.line_id = l.id
          AND f.state IN ('planned', 'running', 'paused'))`,
  ],
  [
    'I12: rebalanced twice within a fortnight',
    `SELECT one.assignment_id FROM assignment_history one JOIN assignment_history two USING (assignment_id)
      WHERE one.reason LIKE 'rebalance: %' AND two.reason LIKE 'rebalance: %' AND two.epoch > one.epoch
        AND two.at < one.at + interval '14 days'`,
  ],
  [
    'I12: more than one per cent of a pool rebalanced in a day',
    `SELECT a.pool_id FROM assignments a LEFT JOIN assignment_history h
        ON h.assignment_id = a.id AND h.reason LIKE 'rebalance: %'
        AND h.at > (SELECT max(at) FROM assignment_history) - interval '24 hours'
      WHERE a.state <> 'released' GROUP BY a.pool_id
      HAVING count(h.epoch) * 100 > count(DISTINCT a.id)`,
  ],
  [
    'I13: moved twice by one failover',
    `SELECT assignment_id FROM assignment_history
      WHERE failover_id IS NOT NULL AND from_line_id <> to_line_id
      GROUP BY assignment_id, failover_id HAVING count(*) > 1`,
  ],
  [
    'I14: a failover tells of other moves than it made',
    `SELECT f.id FROM failovers f LEFT JOIN failover_moves m ON m.failover_id = f.id
      GROUP BY f.id HAVING f.users_moved <> count(m.user_id) FILTER (WHERE m.to_line_id IS NOT NULL)
        OR f.users_stranded <> count(m.user_id) FILTER (WHERE m.to_line_id IS NULL)`,
  ],
];

/** Who waits for an introduction although a number that they hold serves. */
const IN_VAIN: Rule = [
  'I11: stranded, though a number that they hold serves',
  `SELECT a.user_id FROM assignments a JOIN known_numbers k ON k.user_id = a.user_id
    JOIN lines l ON l.id = k.line_id AND l.pool_id = a.pool_id
    WHERE a.state = 'needs-introduction' AND NOT a.pinned AND l.managed AND l.admin_state = 'enabled'
      AND l.health = 'healthy' AND l.reputation NOT IN ('AT_RISK', 'CRITICAL')`,
];

/**
 * The invariants of a fleet, as far as its rows and the simulator's books show them; their numbers are those of the rules
 * of the policy. Holds for small fleets: of a full one somebody may be stranded for want of room.
 */
export class Invariants {
  /** The highest epoch of each place that was seen: none ever falls. */
  private readonly epochs = new Map<string, number>();

  constructor(
    private readonly database: TestDatabase,
    private readonly simulator: TestSimulator,
  ) {}

  /** From now on they must hold after every move of the clock. */
  static watch(database: TestDatabase, simulator: TestSimulator): Invariants {
    const invariants = new Invariants(database, simulator);
    const advance = simulator.advance.bind(simulator);
    simulator.advance = async (...how) => {
      await advance(...how);
      await invariants.hold();
    };
    return invariants;
  }

  /** Fails with the name of the first rule that is broken. */
  async hold(): Promise<void> {
    for (const rule of RULES) await this.expectNone(rule);
    await this.expectEpochsToGrow();
    await expectSumsToAgree(this.database);
    await this.expectBooksToBeClean(await this.simulator.books());
  }

  /** Beyond what always holds: nobody waits for an introduction who could be served. Holds once the jobs have run. */
  async holdAtRest(): Promise<void> {
    await this.hold();
    await this.expectNone(IN_VAIN);
  }

  private async expectNone([name, sql]: Rule): Promise<void> {
    expect({ rule: name, broken: await this.database.query(sql) }).toEqual({
      rule: name,
      broken: [],
    });
  }

  private async expectEpochsToGrow(): Promise<void> {
    const rows = await this.database.query<{ id: string; epoch: number }>(
      'SELECT id, epoch FROM assignments',
    );
    for (const { id, epoch } of rows) {
      expect({ rule: 'I1: an epoch fell', id, fell: epoch < (this.epochs.get(id) ?? 0) }).toEqual({
        rule: 'I1: an epoch fell',
        id,
        fell: false,
      });
      this.epochs.set(id, epoch);
    }
  }

  /** What really left: each message once and from one line, and nothing unasked to who said stop. */
  private async expectBooksToBeClean(books: readonly BookEntry[]): Promise<void> {
    const out = books.filter(({ direction, isGroup }) => direction === 'out' && !isGroup);
    const keys = out.flatMap(({ idempotencyKey }) => idempotencyKey ?? []);
    expect({ rule: 'I5: sent twice under one key', keys: keys.length }).toEqual({
      rule: 'I5: sent twice under one key',
      keys: new Set(keys).size,
    });
    const lines = new Map<string, string>();
    for (const { idempotencyKey, line } of out) {
      if (idempotencyKey === null) continue;
      // Of several bubbles each key is that of the hold with a number behind it.
      const hold = idempotencyKey.slice(0, 36);
      expect({ rule: 'I5: one hold, two lines', line: lines.get(hold) ?? line }).toEqual({
        rule: 'I5: one hold, two lines',
        line,
      });
      lines.set(hold, line);
    }
    const stopped = await this.database.query<{ handle: string; at: Date; free: string[] }>(
      `SELECT h.value AS handle, p.suppressed_at AS at, ARRAY(SELECT s.id::text FROM sends s
          WHERE s.user_id = p.user_id AND (s.admitted_at <= p.suppressed_at
            OR s.admitted_at <= p.reply_allowed_until)) AS free
        FROM suppressions p JOIN handles h USING (user_id) WHERE p.suppressed_at IS NOT NULL`,
    );
    for (const { handle, at, free } of stopped) {
      const left = out.filter(
        (each) =>
          each.handle === handle &&
          Date.parse(each.at) > at.getTime() &&
          !free.includes(each.idempotencyKey?.slice(0, 36) ?? ''),
      );
      expect({ rule: 'I8: written to after a stop', left }).toEqual({
        rule: 'I8: written to after a stop',
        left: [],
      });
    }
  }
}
