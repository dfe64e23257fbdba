import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  lineNumbers,
  linesOf,
  onboard,
  personNumber,
  type Problem,
  raiseMatureFleet,
} from '../support/fleet';
import { type Answer, ok } from '../support/http';
import { People } from '../support/people';
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

interface Caps {
  readonly rampCap: number;
  readonly todayCap: number;
  readonly admissionCap: number;
  readonly classes: { readonly proactive: number };
}
interface Preview {
  readonly basedOn: number;
  readonly changes: readonly { readonly path: string }[];
  readonly ramp: { readonly after: readonly { goodDays: number; cap: number }[] };
  readonly lines: readonly { readonly before: Caps; readonly after: Caps; lineId: string }[];
}
interface Policy {
  readonly version: number;
  readonly policy: {
    readonly ramp: object;
    readonly budget: { readonly ceilings: object };
    readonly failover: object;
  };
}

/** The rules of the fleet as operators change them. */
describe('The policy', () => {
  const POLICY = '/v1/admin/policy';
  const reason = 'a test';
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(4), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    await raiseMatureFleet(service);
  });
  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const inForce = (): Promise<Policy> => ok(service.admin.get<Policy>(POLICY));
  const put = (body: object, ifMatch?: number): Promise<Answer<Policy>> =>
    service.admin.put<Policy>(
      POLICY,
      { reason, ...body },
      ifMatch === undefined ? {} : { headers: { 'if-match': `"${ifMatch}"` } },
    );

  it('is previewed line by line, and the preview is what a change then brings', async () => {
    await database.query('UPDATE lines SET good_days = 6');
    const { version, policy } = await inForce();
    const wanted = {
      ...policy,
      ramp: { ...policy.ramp, growth: 1.4 },
      budget: { ...policy.budget, ceilings: { ...policy.budget.ceilings, proactive: 0.5 } },
    };
    const preview = await ok(service.admin.post<Preview>(`${POLICY}/preview`, { policy: wanted }));
    expect(preview.basedOn).toBe(version);
    expect(preview.changes.map(({ path }) => path)).toEqual([
      'budget.ceilings.proactive',
      'ramp.growth',
    ]);
    expect(preview.ramp.after.at(-1)).toEqual({ goodDays: 9, cap: 3_000 });
    const shown = (await linesOf(service)).map(({ id, todayCap }) => [id, todayCap]);
    expect(preview.lines.map(({ lineId, before }) => [lineId, before.todayCap])).toEqual(shown);
    expect((await inForce()).version).toBe(version);
    await ok(put({ policy: wanted }, version));
    const after = (await linesOf(service)).map(({ id, todayCap }) => [id, todayCap]);
    expect(preview.lines.map(({ lineId, after: then }) => [lineId, then.todayCap])).toEqual(after);
    const [line] = preview.lines;
    expect(line?.after.classes.proactive).toBe(Math.floor(0.5 * (line?.after.todayCap ?? 0)));
  });

  it('keeps every version with who and why, and tells them apart', async () => {
    const { version } = await ok(put({ preset: 'linq-v3', reason: 'Linq says so' }));
    const { data } = await ok(
      service.admin.get<{ data: { version: number; reason: string; actor: string }[] }>(
        `${POLICY}/versions?limit=1`,
      ),
    );
    expect(data).toMatchObject([{ version, reason: 'Linq says so' }]);
    expect(data[0]?.actor).toMatch(/^operator:/);
    const one = await ok(service.admin.get<Policy>(`${POLICY}/versions/${version}`));
    expect(one.policy).toEqual((await inForce()).policy);
    const diff = await ok(
      service.admin.get<{ changes: object[] }>(`${POLICY}/diff?from=${version - 1}&to=${version}`),
    );
    expect(diff.changes).toEqual([
      { path: 'budget.messagesPerLinePerDay', from: 3_000, to: 7_000 },
    ]);
    const missing = await service.admin.get<Problem>(`${POLICY}/versions/999`);
    expect([missing.status, missing.body.code]).toEqual([404, 'policy.not_found']);
    await ok(put({ preset: 'linq-v2' }));
  });

  it('is changed by one of many who start from the same version, and by all who do not say', async () => {
    const { version } = await inForce();
    const racing = await Promise.all(
      Array.from({ length: 6 }, () => put({ preset: 'ramp-careful' }, version)),
    );
    expect(racing.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412, 412]);
    const blind = await Promise.all(Array.from({ length: 5 }, () => put({ preset: 'ramp-fast' })));
    const versions = blind.map(({ body }) => body.version).sort((a, b) => a - b);
    expect(versions).toEqual([2, 3, 4, 5, 6].map((n) => version + n));
    await ok(put({ preset: 'defaults' }));
  });

  it('refuses numbers that contradict each other, and names both', async () => {
    const { version, policy } = await inForce();
    const crossed = { ...policy, ramp: { ...policy.ramp, spikeFloor: 100 } };
    for (const answer of [
      await put({ policy: crossed }),
      await service.admin.post<Policy>(`${POLICY}/preview`, { policy: crossed }),
    ]) {
      expect(answer).toMatchObject({
        status: 422,
        body: {
          code: 'policy.crossed',
          crossed: [{ lower: 'ramp.firstDayCap', upper: 'ramp.spikeFloor' }],
        },
      });
    }
    expect((await put({ preset: 'luck' })).status).toBe(422);
    expect((await inForce()).version).toBe(version);
  });

  it('of a failover that runs is the one it began under, whatever is changed meanwhile', async () => {
    const people = new People(service, simulator);
    await database.query('UPDATE lines SET good_days = 30');
    for (let i = 0; i < 40; i += 1) expect(await people.join(4)).not.toBeNull();
    await people.write(people.all);
    await simulator.advance(60, 30);
    const [busiest, next] = (await linesOf(service)).sort((a, b) => b.users - a.users);
    const { version, policy } = await inForce();
    const deadline = new Date((await simulator.now()) + 2 * HOUR * 1_000).toISOString();
    const drain = (id = ''): Promise<unknown> =>
      ok(service.admin.post(`/v1/admin/lines/${id}/drain`, { reason, deadline }));
    await drain(busiest?.id);
    await simulator.advance(600, 300);
    const left = async (id = ''): Promise<number> =>
      (await linesOf(service)).find((line) => line.id === id)?.users ?? -1;
    const before = await left(busiest?.id);
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(busiest?.users ?? 0);
    // Under these rules everybody has been silent for too long to be written to first.
    const strict = { ...policy, failover: { ...policy.failover, silentDays: 0.001 } };
    const { version: changed } = await ok(put({ policy: strict }, version));
    await drain(next?.id);
    await simulator.advance(600, 300);
    expect(await left(busiest?.id)).toBeLessThan(before);
    const modes = await database.query<{ plan: number; silent: boolean }>(
      `SELECT DISTINCT f.policy_version AS plan, m.reason LIKE 'silent for more%' AS silent
       FROM failovers f JOIN failover_moves m ON m.failover_id = f.id
       WHERE m.state = 'moved' ORDER BY plan`,
    );
    expect(modes).toEqual([
      { plan: version, silent: false },
      { plan: changed, silent: true },
    ]);
    const rows = await database.query<{ cause: string; plan: number; used: number }>(
      `SELECT DISTINCT f.policy_version AS plan, h.policy_version AS used
       FROM failovers f JOIN assignment_history h ON h.failover_id = f.id
       ORDER BY plan`,
    );
    expect(rows).toEqual([
      { plan: version, used: version },
      { plan: changed, used: changed },
    ]);
  });
});
