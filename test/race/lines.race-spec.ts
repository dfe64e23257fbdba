import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { type LineAnswer, lineNumbers, raiseMatureFleet } from '../support/fleet';
import { ok } from '../support/http';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const reason = 'a race';
const [NUMBER = ''] = lineNumbers(1);

/** Two who change the same line at once: the later one sees what the earlier one did. */
describe('A line that is changed from two sides', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  /** Holds tables, so that a transaction stops right there. */
  let brake: Client;
  let line: LineAnswer;

  beforeEach(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: [NUMBER], start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    [line] = (await raiseMatureFleet(service)) as [LineAnswer];
    brake = new Client({ connectionString: database.url });
    await brake.connect();
  });

  afterEach(async () => {
    await brake.end();
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  /** Inserts into the table wait from now on. */
  async function stopInserts(table: string): Promise<void> {
    await brake.query('BEGIN');
    await brake.query(`LOCK TABLE ${table} IN SHARE MODE`);
  }

  async function stoppedOnes(): Promise<number> {
    const [row] = await database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return row?.n ?? 0;
  }

  /** Until it is so, asking again; a bound ends the wait. */
  async function until(what: () => Promise<boolean>): Promise<void> {
    for (let i = 0; i < 2_000; i += 1) if (await what()) return;
    throw new Error('It never came to that');
  }

  const verb = (name: string): Promise<unknown> =>
    ok(service.admin.post(`/v1/admin/lines/${line.id}/${name}`, { reason }));
  const run = (job: string): Promise<unknown> =>
    ok(service.admin.post(`/v1/admin/jobs/${job}/run`, { reason }));
  const say = (status: 'ACTIVE' | 'FLAGGED'): Promise<unknown> =>
    ok(simulator.control.post(`/lines/${NUMBER}/status`, { status }));
  const column = async (name: string): Promise<unknown> => {
    const [row] = await database.query<{ value: unknown }>(`SELECT ${name} AS value FROM lines`);
    return row?.value;
  };

  it('keeps no good day from before a flag that came while its day was closed', async () => {
    await database.query(`UPDATE lines SET good_days = 7, provider_status = 'ACTIVE'`);
    // One day of this line is there to be closed, and is closed while the flag comes.
    await database.query(`UPDATE lines SET created_at = created_at - interval '1 day'`);
    await database.query('DELETE FROM line_days');
    await stopInserts('line_days');
    const closing = run('close-budget-day');
    await until(async () => (await stoppedOnes()) === 1);
    const flagging = say('FLAGGED').then(() => simulator.advance(60));
    await until(async () => (await stoppedOnes()) === 2 || (await column('health')) === 'ejected');
    await brake.query('COMMIT');
    await Promise.all([closing, flagging]);
    expect(await column('health')).toBe('ejected');
    expect(await column('good_days')).toBe(0);
  });

  it('is not healed at the end of its ban when an operator has just taken it out', async () => {
    await database.query(
      `UPDATE lines SET health = 'recovering', banned_until = created_at - interval '1 hour'`,
    );
    await stopInserts('audit');
    const marking = verb('mark-flagged');
    await until(async () => (await stoppedOnes()) === 1);
    const healing = run('advance-ramp');
    await until(async () => (await stoppedOnes()) === 2);
    await brake.query('COMMIT');
    await Promise.all([marking, healing]);
    expect(await column('health')).toBe('ejected');
  });

  it('stays flagged when the provider was asked before it said so', async () => {
    await ok(simulator.control.post('/config', { lineStatusInList: true }));
    await run('poll-lines');
    expect(await column('provider_status')).toBe('ACTIVE');
    // The poll has its list, and waits for the pool while the flag goes through.
    await brake.query('BEGIN');
    await brake.query('SELECT 1 FROM pools FOR UPDATE');
    const polling = run('poll-lines');
    await until(async () => (await stoppedOnes()) === 1);
    await brake.query(
      `UPDATE lines SET provider_status = 'FLAGGED', provider_status_at = listed_at,
       health = 'ejected', health_by = 'provider', banned_until = listed_at + interval '1 day'`,
    );
    await brake.query('COMMIT');
    await polling;
    expect(await column('health')).toBe('ejected');
    expect(await column('provider_status')).toBe('FLAGGED');
    // Asked again, the provider still says otherwise, and is believed.
    await run('poll-lines');
    expect(await column('health')).toBe('recovering');
  });

  it('is ejected by a flag that comes while an operator lifts the last one', async () => {
    await say('FLAGGED');
    await simulator.advance(60);
    await say('ACTIVE');
    await simulator.advance(60);
    await database.query(`UPDATE lines SET health = 'ejected', health_by = 'operator'`);
    await stopInserts('audit');
    const lifting = verb('mark-recovered');
    await until(async () => (await stoppedOnes()) === 1);
    const flagging = say('FLAGGED').then(() => simulator.advance(60));
    await until(async () => (await stoppedOnes()) === 2);
    await brake.query('COMMIT');
    await Promise.all([lifting, flagging]);
    expect(await column('health')).toBe('ejected');
    const { data } = await ok(
      service.admin.get<{ data: { state: string }[] }>('/v1/admin/failovers'),
    );
    expect(data).toHaveLength(2);
  });
});
