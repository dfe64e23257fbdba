import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { bodyOf, InboxAlone } from '../support/inbox-alone';
import { StoreStage } from '../support/store-stage';
import { until } from '../support/until';

const START = Date.UTC(2026, 2, 3, 9);
const LINE = '+14155551001';

/** Whoever is new is placed under the lock of the pool, which comes before the rows that every batch touches. */
describe('Two batches of the inbox at a time', () => {
  let stage: StoreStage;
  let inTheWay: Client;

  beforeEach(async () => {
    stage = await StoreStage.open(START);
    for (let i = 0; i < 4; i += 1) await stage.line();
    inTheWay = new Client({ connectionString: stage.testDatabase.url });
    await inTheWay.connect();
  });

  afterEach(async () => {
    await inTheWay.end();
    await stage.close();
  });

  const inbound = (person: number): string =>
    bodyOf('message.received', {
      ...{ id: randomUUID(), chat: `chat-${person}`, line: LINE, at: START, text: 'Hello' },
      from: numberOf(person),
    });

  const waiting = async (): Promise<number> => {
    const [row] = await stage.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return row?.n ?? 0;
  };

  const deadlocks = async (): Promise<number> => {
    await stage.query('SELECT pg_stat_clear_snapshot()');
    const [row] = await stage.query<{ n: number }>(
      'SELECT deadlocks::int AS n FROM pg_stat_database WHERE datname = current_database()',
    );
    return row?.n ?? 0;
  };

  it('never wait for each other in a circle, whoever comes first in them', async () => {
    const [first, second] = [new InboxAlone(stage), new InboxAlone(stage)];
    await first.store([inbound(1), inbound(2)]);
    await first.drain();
    // Somebody is about to have this handle: the first batch stops there, with the pool in its hands.
    await inTheWay.query('BEGIN');
    const stranger = randomUUID();
    await inTheWay.query(
      `INSERT INTO users (id, labels, discovered, created_at) VALUES ($1, '[]', false, now())`,
      [stranger],
    );
    await inTheWay.query(
      `INSERT INTO handles (value, user_id, kind, created_at) VALUES ($1, $2, 'phone', now())`,
      [numberOf(3), stranger],
    );
    await first.store([inbound(3), inbound(1)]);
    const firstDrain = first.drain();
    await until(async () => (await waiting()) === 1);
    // Known people first, and then somebody new: the second wants the pool with the hours of the line in its hands, or not.
    await second.store([inbound(2), inbound(4)]);
    const secondDrain = second.drain();
    await until(async () => (await waiting()) === 2);
    await inTheWay.query('ROLLBACK');
    const reports = await Promise.all([firstDrain, secondDrain]);
    expect(reports.reduce((sum, { processed }) => sum + processed, 0)).toBeGreaterThanOrEqual(4);
    expect(reports).toEqual(reports.map((report) => ({ ...report, retried: 0, dead: 0 })));
    expect(await deadlocks()).toBe(0);
    const counted = await stage.query('SELECT sum("in")::int AS n FROM line_hours');
    expect(counted).toEqual([{ n: 6 }]);
  });

  it('that lose the database have failed with no event: all of them are taken again', async () => {
    const inbox = new InboxAlone(stage);
    await inbox.store([inbound(1)]);
    await inbox.drain();
    await inTheWay.query('BEGIN');
    await inTheWay.query('LOCK TABLE line_hours');
    await inbox.store([inbound(1), inbound(1)]);
    const drain = inbox.drain();
    await until(async () => (await waiting()) === 1);
    await stage.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    await expect(drain).rejects.toThrow();
    await inTheWay.query('ROLLBACK');
    const tried = await stage.query('SELECT DISTINCT state, attempts FROM inbox_events ORDER BY 1');
    expect(tried).toEqual([
      { state: 'done', attempts: 0 },
      { state: 'pending', attempts: 0 },
    ]);
    expect(await inbox.drain()).toMatchObject({ processed: 2, retried: 0, dead: 0 });
    expect(await stage.query('SELECT sum("in")::int AS n FROM line_hours')).toEqual([{ n: 3 }]);
  });
});

const numberOf = (person: number): string => `+1720555${String(1_000 + person)}`;
