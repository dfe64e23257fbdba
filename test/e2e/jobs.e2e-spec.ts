import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, onboard, personNumber, raiseMatureFleet } from '../support/fleet';
import { ok } from '../support/http';
import { APP_KEY, TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const HOUR = 3_600;

interface Deed {
  readonly action: string;
  readonly actor: string;
  readonly reason: string;
  readonly subjectId: string;
}

/** The scheduled jobs as operators and late runs meet them. */
describe('A job', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;

  beforeEach(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(3), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    await raiseMatureFleet(service);
  });

  afterEach(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  /** Keeps a job from running until the clock has gone on by `hours`, as a process that hangs would. */
  async function holdUp(job: string, hours: number): Promise<void> {
    const until = new Date((await simulator.now()) + hours * HOUR * 1_000);
    await database.query(
      `INSERT INTO leases (name, token, holder, expires_at) VALUES ($1, 1, 'another', $2)
       ON CONFLICT (name) DO UPDATE SET token = leases.token + 1, expires_at = excluded.expires_at`,
      [job, until],
    );
  }

  const run = (job: string, body: object = {}): Promise<unknown> =>
    ok(service.admin.post(`/v1/admin/jobs/${job}/run`, body));

  it('that closes a day late takes nothing of it into the rate of who came after its end', async () => {
    const before = await onboard(service, personNumber(1));
    await simulator.advance(60);
    await holdUp('close-budget-day', 24);
    // The day ends at six in the morning; the service is late by four hours.
    await simulator.advance(21 * HOUR, 7 * HOUR);
    const after = await onboard(service, personNumber(2));
    const meanOf = async (): Promise<string | undefined> =>
      (
        await database.query<{ mean: string }>(
          'SELECT mean_milli::text AS mean FROM assignments WHERE user_id = $1',
          [after.user.id],
        )
      )[0]?.mean;
    const assumed = await meanOf();
    await simulator.advance(4 * HOUR, 2 * HOUR);
    const closed = await database.query<{ user_id: string; closed_day: string }>(
      'SELECT user_id, closed_day FROM user_rates',
    );
    expect(closed).toEqual([{ user_id: before.user.id, closed_day: '2026-03-02' }]);
    expect(await meanOf()).toBe(assumed);
    // The next day is theirs.
    await simulator.advance(21 * HOUR, 7 * HOUR);
    const next = await database.query<{ closed_day: string }>(
      'SELECT closed_day FROM user_rates WHERE user_id = $1',
      [after.user.id],
    );
    expect(next).toEqual([{ closed_day: '2026-03-03' }]);
  });

  it('that an operator runs stands in the audit with who, why and which; one that cannot run does not', async () => {
    await simulator.advance(60);
    await run('rebalance', { reason: 'looking for room' });
    await run('poll-lines');
    await holdUp('advance-ramp', 1);
    expect((await service.admin.post('/v1/admin/jobs/advance-ramp/run', {})).status).toBe(409);
    expect((await service.admin.post('/v1/admin/jobs/tea/run', {})).status).toBe(404);
    const unknown = await service.admin.post('/v1/admin/jobs/rebalance/run', { colour: 'red' });
    expect(unknown.status).toBe(422);
    const key = { key: APP_KEY };
    expect((await service.admin.post('/v1/admin/jobs/rebalance/run', {}, key)).status).toBe(403);
    const { data } = await ok(service.admin.get<{ data: Deed[] }>('/v1/admin/audit'));
    const [admin] = await database.query<{ id: string }>(
      `SELECT id FROM api_keys WHERE name = 'admin'`,
    );
    const deeds = data.filter(({ action }) => action === 'job.run');
    expect(deeds).toMatchObject([
      { subjectId: 'poll-lines', reason: 'asked for through the API' },
      { subjectId: 'rebalance', reason: 'looking for room', actor: `operator:${admin?.id}` },
    ]);
  });
});
