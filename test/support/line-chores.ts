import { crowdOn } from './crowd';
import type { TestDatabase } from './database';
import { type LineAnswer, linesOf, onboard, personNumber } from './fleet';
import { type Http, ok } from './http';
import type { TestSimulator } from './simulator';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const reason = 'a chore';
/** People who are given a place, or moved, in each chore. */
const FEW = 3;

/** A service, in whatever process, that does chores. */
export interface Worker {
  readonly admin: Http;
  readonly app: Http;
  /** Does a job without asking for its lease; left out, the job is asked for like an operator would. */
  readonly run?: (job: string) => Promise<unknown>;
}

/** What a chore is done on. */
export interface Ground {
  readonly database: TestDatabase;
  readonly simulator: TestSimulator;
  readonly worker: Worker;
  /** Numbers of people whom nobody has met yet. */
  readonly nextPerson: () => string;
}

/** Something that the service does to lines by itself or when asked. */
export interface Chore {
  /** Does it, or does it again after a process died on the way; a refusal because it is done already is none. */
  readonly act: (worker: Worker) => Promise<void>;
  /** What it must have come to, once, however often it was tried. */
  readonly check: () => Promise<void>;
  /** The fleet as it was, for the next one. */
  readonly clear?: () => Promise<void>;
}

const run = async ({ admin, run: doAtOnce }: Worker, job: string): Promise<void> => {
  if (doAtOnce) {
    await doAtOnce(job);
    return;
  }
  const { status } = await admin.post(`/v1/admin/jobs/${job}/run`, { reason });
  // Another process may be at it.
  expect([200, 409]).toContain(status);
};

const events = async (
  { database }: Ground,
  type: string,
  after = 0,
): Promise<Record<string, unknown>[]> => {
  const rows = await database.query<{ data: Record<string, unknown> }>(
    'SELECT data FROM outbox_events WHERE type = $1 AND seq > $2 ORDER BY seq',
    [type, after],
  );
  return rows.map(({ data }) => data);
};
const lastEvent = async ({ database }: Ground): Promise<number> => {
  const [row] = await database.query<{ seq: number }>(
    'SELECT coalesce(max(seq), 0)::int AS seq FROM outbox_events',
  );
  return row?.seq ?? 0;
};
const count = async (
  { database }: Ground,
  from: string,
  values: unknown[] = [],
): Promise<number> => {
  const [row] = await database.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM ${from}`,
    values,
  );
  return row?.n ?? -1;
};
const openLine = async ({ worker }: Ground): Promise<LineAnswer> => {
  const open = (await linesOf(worker)).filter(({ closedBecause }) => closedBecause === null);
  const [line] = open.sort((a, b) => b.users - a.users);
  if (!line) throw new Error('No line is open');
  return line;
};
const verb = ({ worker }: Ground, lineId: string, name: string, more = {}): Promise<unknown> =>
  ok(worker.admin.post(`/v1/admin/lines/${lineId}/${name}`, { reason, override: true, ...more }));

/** Some who stand on the line and hold its card, beside whoever stands there already. */
async function settle(ground: Ground, lineId: string): Promise<string[]> {
  const held = (await linesOf(ground.worker)).filter(
    ({ id, closedBecause }) => id !== lineId && closedBecause === null,
  );
  return crowdOn(ground.database, {
    people: FEW,
    lineId,
    heldLineIds: held.map(({ id }) => id),
    meanMilli: 1_000,
    varianceMilli: 4_000,
    now: await ground.simulator.now(),
  });
}

/** Each chore by its name: prepares what it needs, and answers with it. */
export const CHORES = {
  'gives places to those who wait, in their order': async (ground): Promise<Chore> => {
    const { database, worker, nextPerson } = ground;
    await database.query(`UPDATE lines SET admin_state = 'cordoned' WHERE admin_state = 'enabled'`);
    const users: string[] = [];
    for (let i = 0; i < FEW; i += 1) {
      const asked = { handle: nextPerson(), startedBy: 'inbound', onFull: 'wait-list' };
      users.push((await ok(worker.app.post<{ user: { id: string } }>('/v1/users', asked))).user.id);
    }
    await database.query(`UPDATE lines SET admin_state = 'enabled' WHERE admin_state = 'cordoned'`);
    return {
      act: (by) => run(by, 'promote-waiting'),
      check: async () => {
        const promoted = (await events(ground, 'user.promoted')).map(({ userId }) => userId);
        expect(promoted.filter((each) => users.includes(String(each)))).toEqual(users);
        const placed = `assignments WHERE state = 'reserved' AND user_id = ANY($1::uuid[])`;
        expect(await count(ground, placed, [users])).toBe(FEW);
        expect(await count(ground, 'wait_list')).toBe(0);
      },
    };
  },

  'begins a maintenance window and moves its people': async (ground): Promise<Chore> => {
    const { id } = await openLine(ground);
    const users = await settle(ground, id);
    const now = await ground.simulator.now();
    const from = new Date(now + MINUTE_MS).toISOString();
    const until = new Date(now + DAY_MS).toISOString();
    await verb(ground, id, 'maintenance', { from, until, mode: 'reroute' });
    await ground.database.query(
      `UPDATE lines SET maintenance_from = maintenance_from - interval '1 hour' WHERE id = $1::uuid`,
      [id],
    );
    const after = await lastEvent(ground);
    return {
      act: async (by) => {
        await run(by, 'advance-ramp');
        await run(by, 'run-failovers');
      },
      check: async () => {
        expect(await count(ground, `lines WHERE admin_state = 'maintenance'`)).toBe(1);
        expect(await events(ground, 'failover.started', after)).toMatchObject([{ lineId: id }]);
        const moves = await events(ground, 'assignment.moved', after);
        expect(moves.map(({ userId }) => userId)).toEqual(expect.arrayContaining(users));
        expect(new Set(moves.map(({ userId }) => userId)).size).toBe(moves.length);
        const began = `audit WHERE action = 'line.maintenance' AND actor LIKE 'automation:%' AND subject_id = $1`;
        expect(await count(ground, began, [id])).toBe(1);
      },
      clear: async () => {
        await verb(ground, id, 'end-maintenance');
      },
    };
  },

  'ends a maintenance window': async (ground): Promise<Chore> => {
    const { id } = await openLine(ground);
    const until = new Date((await ground.simulator.now()) + DAY_MS).toISOString();
    await verb(ground, id, 'maintenance', { until, mode: 'reroute' });
    await ground.database.query(
      `UPDATE lines SET maintenance_until = maintenance_until - interval '2 days' WHERE id = $1::uuid`,
      [id],
    );
    return {
      act: (by) => run(by, 'advance-ramp'),
      check: async () => {
        expect(
          await count(ground, `lines WHERE admin_state = 'enabled' AND id = $1::uuid`, [id]),
        ).toBe(1);
        const ended = `audit WHERE action = 'line.end-maintenance' AND actor LIKE 'automation:%' AND subject_id = $1`;
        expect(await count(ground, ended, [id])).toBe(1);
        const open = `failovers WHERE line_id = $1::uuid AND state IN ('planned', 'running', 'paused')`;
        expect(await count(ground, open, [id])).toBe(0);
      },
    };
  },

  'replaces a number': async (ground): Promise<Chore> => {
    const { id } = await openLine(ground);
    const { phoneNumber, lines } = await freshNumber(ground);
    return {
      act: async ({ admin }) => {
        const path = `/v1/admin/lines/${id}/replace`;
        const { status } = await admin.post(path, { reason, phoneNumber, override: true });
        // The one who is later finds it replaced; asked once more it is the same successor.
        expect([200, 409]).toContain(status);
      },
      check: async () => {
        expect(await count(ground, 'lines')).toBe(lines + 1);
        const [row] = await ground.database.query<{ state: string; successor: string }>(
          `SELECT l.admin_state AS state, s.phone_number AS successor FROM lines l
           JOIN lines s ON s.id = l.successor_id WHERE l.id = $1::uuid`,
          [id],
        );
        expect(row).toEqual({ state: 'draining', successor: phoneNumber });
        const open = `failovers WHERE line_id = $1::uuid AND cause = 'replace' AND state IN ('running', 'paused')`;
        expect(await count(ground, open, [id])).toBe(1);
      },
      clear: async () => {
        await verb(ground, id, 'cancel-drain');
        await verb(ground, id, 'uncordon');
      },
    };
  },

  'hands a new number over to all who hold the old one': async (ground): Promise<Chore> => {
    const { id } = await openLine(ground);
    await settle(ground, id);
    const { phoneNumber } = await freshNumber(ground);
    await verb(ground, id, 'replace', { phoneNumber });
    const [successor] = await ground.database.query<{ id: string }>(
      'SELECT successor_id AS id FROM lines WHERE id = $1::uuid',
      [id],
    );
    const waive = ['webhook', 'auto-typing', 'contact-card', 'capability', 'forwarding'];
    await verb(ground, successor?.id ?? '', 'activate', { waiveWarming: true, waive });
    const holders = await ground.database.query<{ user: string }>(
      `SELECT a.user_id AS user FROM assignments a WHERE a.state <> 'released' AND (a.line_id = $1::uuid
         OR EXISTS (SELECT 1 FROM assignment_fallbacks f WHERE f.assignment_id = a.id AND f.line_id = $1::uuid))`,
      [id],
    );
    const after = await lastEvent(ground);
    return {
      act: (by) => run(by, 'run-failovers'),
      check: async () => {
        const told = await events(ground, 'line.handover', after);
        const users = told.flatMap(({ userIds }) => userIds as string[]);
        expect(users.sort()).toEqual(holders.map(({ user }) => user).sort());
        // The first of them may stand on it already.
        const named = `assignments a WHERE a.state <> 'released' AND (a.line_id = $1::uuid OR EXISTS (
          SELECT 1 FROM assignment_fallbacks f WHERE f.assignment_id = a.id AND f.line_id = $1::uuid))`;
        expect(await count(ground, named, [successor?.id])).toBe(holders.length);
      },
      clear: async () => {
        await verb(ground, id, 'cancel-drain');
        await verb(ground, id, 'uncordon');
      },
    };
  },

  'works out what losses would do, and rings once': async (ground): Promise<Chore> => {
    const { database } = ground;
    await settle(ground, (await openLine(ground)).id);
    // Nobody holds a number: it rings.
    await database.query('CREATE TEMP TABLE held AS SELECT * FROM known_numbers');
    await database.query('DELETE FROM known_numbers');
    await database.query('DELETE FROM loss_reports');
    const after = await lastEvent(ground);
    const report = (): Promise<object[]> =>
      database.query('SELECT pool_id, body, coverage_low_since FROM loss_reports');
    return {
      act: (by) => run(by, 'assess-losses'),
      check: async () => {
        expect(await events(ground, 'coverage.low', after)).toHaveLength(1);
        const kept = await report();
        expect(kept).toHaveLength(1);
        // As of somebody who was not disturbed.
        await run(ground.worker, 'assess-losses');
        expect(await report()).toEqual(kept);
      },
      clear: async () => {
        await database.query('INSERT INTO known_numbers SELECT * FROM held');
        await database.query('DROP TABLE held');
      },
    };
  },

  'carries a rebalancing out': async (ground): Promise<Chore> => {
    const { database, worker } = ground;
    const { id } = await openLine(ground);
    const others = (await linesOf(worker)).filter(
      (each) => each.id !== id && each.closedBecause === null,
    );
    const now = await ground.simulator.now();
    const crowd = await crowdOn(database, {
      people: 300,
      lineId: id,
      heldLineIds: others.map((each) => each.id),
      meanMilli: 12_000,
      varianceMilli: 300_000,
      now,
    });
    const moved = async (): Promise<Record<string, unknown>[]> =>
      (await events(ground, 'assignment.moved', after)).filter(({ reason: why }) =>
        String(why).startsWith('rebalance: '),
      );
    await ok(worker.admin.post('/v1/admin/rebalance', { reason }));
    const path = '/v1/admin/rebalance';
    const { proposal } = await ok(
      worker.admin.get<{ proposal: { id: string; version: number; body: { moves: unknown[] } } }>(
        path,
      ),
    );
    const after = await lastEvent(ground);
    expect(proposal.body.moves).toHaveLength(FEW);
    return {
      act: async ({ admin }) => {
        const headers = { 'if-match': `"${proposal.version}"` };
        const { status } = await admin.post(
          `${path}/${proposal.id}/apply`,
          { reason },
          { headers },
        );
        expect([200, 409, 412]).toContain(status);
      },
      check: async () => {
        const users = (await moved()).map(({ userId }) => userId);
        expect(users).toHaveLength(FEW);
        expect(new Set(users).size).toBe(FEW);
        expect(await events(ground, 'rebalance.applied', after)).toMatchObject([{ moved: FEW }]);
        const deeds = `audit WHERE action = 'rebalance.apply' AND subject_id = $1`;
        expect(await count(ground, deeds, [proposal.id])).toBe(1);
      },
      clear: async () => {
        // They are gone, with what their line was expected to carry.
        await database.query('DELETE FROM users WHERE id = ANY($1::uuid[])', [crowd]);
        await database.query(
          `UPDATE lines l SET users = s.n, mean_milli = s.mean, variance_milli = s.variance FROM (
             SELECT x.id, count(a.id)::int AS n, coalesce(sum(a.mean_milli), 0) AS mean,
               coalesce(sum(a.variance_milli), 0) AS variance
             FROM lines x LEFT JOIN assignments a ON a.line_id = x.id AND a.state <> 'released'
             GROUP BY x.id) s WHERE s.id = l.id`,
        );
        await database.query(
          `UPDATE lines l SET fallback_users = (SELECT count(*) FROM assignment_fallbacks f
             JOIN assignments a ON a.id = f.assignment_id AND a.state <> 'released' WHERE f.line_id = l.id)`,
        );
        await database.query(
          `UPDATE line_pairs p SET users = (SELECT count(*) FROM assignments a
             JOIN assignment_fallbacks f ON f.assignment_id = a.id
             WHERE a.state <> 'released' AND a.line_id = p.line_id AND f.line_id = p.fallback_id)`,
        );
      },
    };
  },

  'forgets what is old, and nothing else': async (ground): Promise<Chore> => {
    const { database } = ground;
    const now = await ground.simulator.now();
    await database.query('DELETE FROM inbox_events');
    await database.query(`DELETE FROM job_runs WHERE name = 'forget-old'`);
    const daysAgo = [1, 8, 20, 40].map((days) => new Date(now - days * DAY_MS));
    await database.query(
      `INSERT INTO inbox_events (event_id, event_type, order_key, body, received_at, state, attempts, next_attempt_at)
       SELECT 'old ' || n, 'message.received', 'x', 'words', ($1::timestamptz[])[1 + n % 4], 'done', 1, $2
       FROM generate_series(1, 40) AS n`,
      [daysAgo, new Date(now)],
    );
    const left = (): Promise<object[]> =>
      database.query(
        `SELECT body, count(*)::int AS n FROM inbox_events WHERE event_id LIKE 'old %' GROUP BY body ORDER BY body`,
      );
    expect(await left()).toEqual([{ body: 'words', n: 40 }]);
    return {
      act: (by) => run(by, 'forget-old'),
      // Bodies for a week, events for five.
      check: async () =>
        expect(await left()).toEqual([
          { body: '', n: 20 },
          { body: 'words', n: 10 },
        ]),
      clear: async () => {
        await database.query(`DELETE FROM inbox_events WHERE event_id LIKE 'old %'`);
      },
    };
  },

  'says of a lost line what it would have done': async (ground): Promise<Chore> => {
    const { database, simulator, worker } = ground;
    const modes = (failover: string): Promise<unknown> =>
      ok(worker.admin.put('/v1/admin/actuators', { actuators: { failover }, reason }));
    const { id, phoneNumber } = await openLine(ground);
    await modes('propose');
    const after = await lastEvent(ground);
    await ok(simulator.control.post(`/lines/${phoneNumber}/status`, { status: 'FLAGGED' }));
    return {
      act: async (by) => {
        await simulator.advance(60, 30);
        await run(by, 'drain-inbox');
      },
      check: async () => {
        const withheld = await database.query(
          `SELECT would_be, times FROM withheld_deeds WHERE actuator = 'failover' AND subject = $1`,
          [id],
        );
        expect(withheld).toEqual([{ would_be: 'failover.started', times: 1 }]);
        expect(await events(ground, 'failover.started', after)).toMatchObject([
          { state: 'planned' },
        ]);
        expect(await events(ground, 'line.ejected', after)).toHaveLength(1);
      },
      clear: async () => {
        await ok(simulator.control.post(`/lines/${phoneNumber}/status`, { status: 'ACTIVE' }));
        await simulator.advance(60, 30);
        await database.query(
          `UPDATE failovers SET state = 'cancelled', finished_at = started_at WHERE state = 'planned'`,
        );
        await database.query(
          `UPDATE lines SET health = 'healthy', banned_until = NULL,
             ejected_at = ejected_at - interval '40 days' WHERE id = $1::uuid`,
          [id],
        );
        await modes('auto');
      },
    };
  },
} satisfies Record<string, (ground: Ground) => Promise<Chore>>;

export type ChoreName = keyof typeof CHORES;

/** A number that the provider has given, and that is no line of ours yet. */
async function freshNumber({
  database,
  simulator,
}: Ground): Promise<{ phoneNumber: string; lines: number }> {
  const [row] = await database.query<{ n: number }>('SELECT count(*)::int AS n FROM lines');
  const lines = row?.n ?? 0;
  const phoneNumber = `+12025557${String(100 + lines)}`;
  await ok(simulator.control.post('/lines', { phoneNumbers: [phoneNumber] }));
  return { phoneNumber, lines };
}

/** People on a fleet, each of whom has written and was sent a card. */
export async function populate(
  { worker, simulator, nextPerson }: Ground,
  n: number,
): Promise<void> {
  for (let i = 0; i < n; i += 1) {
    const handle = nextPerson();
    const { user, assignment, contactCard } = await onboard(worker, handle);
    const sent = { version: contactCard.version, channel: 'link' };
    await ok(worker.app.post(`/v1/users/${user.id}/contact-card/sent`, sent));
    await simulator.text(handle, assignment.line.phoneNumber, 'Hello');
  }
  await simulator.advance(60, 30);
}

/** Numbers of people, one after the other. */
export function personNumbers(): () => string {
  let last = 0;
  return () => personNumber((last += 1));
}
