import { expectEventsAsDocumented } from '../support/catalogued';
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
import { expectSumsToAgree } from '../support/recount';
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

interface Proposal {
  readonly id: string;
  readonly version: number;
  readonly appliedAt: string | null;
  readonly body: {
    readonly moves: readonly { readonly userId: string; readonly fromLineId: string }[];
  };
}
interface Applied {
  readonly moved: number;
  readonly skipped: readonly { readonly userId: string; readonly because: string }[];
  readonly code?: string;
}

/** What moves people though nothing is broken, and what holds it back. */
describe('Rebalancing', () => {
  const REBALANCE = '/v1/admin/rebalance';
  const reason = 'a test';
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let people = 0;

  beforeEach(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(3), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    await raiseMatureFleet(service);
    await crowd();
  });
  afterEach(async () => {
    await expectSumsToAgree(database);
    await expectEventsAsDocumented(database);
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  /** Many long silent people on one line, which is too much for it; each holds the numbers of the two others. */
  async function crowd(): Promise<void> {
    const [hot = '', ...others] = (await linesOf(service)).map(({ id }) => id);
    const { assignment } = await onboard(service, personNumber((people += 1)));
    await database.query(
      `WITH u AS (INSERT INTO users (id, labels, discovered, created_at)
         SELECT gen_random_uuid(), '[]', false, $1 FROM generate_series(1, 300) RETURNING id),
       a AS (INSERT INTO assignments (id, pool_id, user_id, line_id, epoch, state, started_by, confirmed_at,
           pinned, mean_milli, variance_milli, policy_version, explanation, created_at, updated_at)
         SELECT gen_random_uuid(), p.id, u.id, $2, 1, 'confirmed', 'inbound', $1,
           false, 12000, 300000, 1, '{}', $1, $1 FROM u, pools p RETURNING id, user_id)
       INSERT INTO known_numbers (user_id, line_id, sureness, position, first_at, updated_at)
         SELECT a.user_id, l.id::uuid, 'known', 0, $1, $1 FROM a, unnest($3::text[]) AS l (id)`,
      [new Date(await simulator.now()), hot, [hot, ...others]],
    );
    await database.query(
      `UPDATE lines l SET users = s.users, mean_milli = s.mean, variance_milli = s.variance
       FROM (SELECT line_id, count(*)::int AS users, sum(mean_milli) AS mean,
           sum(variance_milli) AS variance FROM assignments WHERE state <> 'released' GROUP BY line_id) s
       WHERE s.line_id = l.id`,
    );
    expect(assignment.id).toBeTruthy();
  }
  const modes = (rebalance: string): Promise<unknown> =>
    ok(service.admin.put('/v1/admin/actuators', { actuators: { rebalance }, reason }));
  const propose = (): Promise<unknown> => ok(service.admin.post(REBALANCE, { reason }));
  const latest = async (): Promise<Proposal> =>
    (await ok(service.admin.get<{ proposal: Proposal }>(REBALANCE))).proposal;
  const apply = (id: string, version: number, more: object = {}): Promise<Answer<Applied>> =>
    service.admin.post<Applied>(
      `${REBALANCE}/${id}/apply`,
      { reason, ...more },
      { headers: { 'if-match': `"${version}"` } },
    );
  const run = (): Promise<unknown> =>
    ok(service.admin.post('/v1/admin/jobs/rebalance/run', { reason }));
  const movedUsers = async (): Promise<number> => {
    const [row] = await database.query<{ n: number }>(
      `SELECT count(DISTINCT a.user_id)::int AS n FROM assignment_history h
       JOIN assignments a ON a.id = h.assignment_id WHERE h.reason LIKE 'rebalance: %'`,
    );
    return row?.n ?? -1;
  };
  /** One per cent of three hundred and one. */
  const A_DAY = 3;

  it('that is proposed moves as many as were said, once, whoever asks at the same time', async () => {
    await propose();
    const { id, version, body } = await latest();
    expect(body.moves).toHaveLength(A_DAY);
    expect((await service.admin.post(`${REBALANCE}/${id}/apply`, { reason })).status).toBe(422);
    const dry = await ok(apply(id, version, { dryRun: true }));
    expect([dry.moved, await movedUsers()]).toEqual([A_DAY, 0]);
    const answers = await Promise.all(Array.from({ length: 5 }, () => apply(id, version)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412]);
    expect(await movedUsers()).toBe(A_DAY);
    const again = await apply(id, version + 1);
    expect([again.status, again.body.code]).toEqual([409, 'rebalance.applied']);
    // More than one per cent a day are not moved, however often it is proposed.
    await simulator.advance(60);
    await propose();
    const next = await latest();
    const second = await ok(apply(next.id, next.version));
    expect(second.moved).toBe(0);
    expect(second.skipped.map(({ because }) => because)).toEqual(
      next.body.moves.map(() => 'daily-limit'),
    );
    expect(await movedUsers()).toBe(A_DAY);
  });

  it('that does not fit any more is refused, and who changed meanwhile is left alone', async () => {
    await propose();
    const old = await latest();
    await simulator.advance(60);
    await propose();
    const { id, version, body } = await latest();
    const refusal = async (answer: Promise<Answer<Applied>>): Promise<unknown> =>
      (await answer).body.code;
    expect(await refusal(apply(old.id, old.version))).toBe('rebalance.stale');
    expect(await refusal(apply(id, version + 3))).toBe('precondition.stale');
    const nobody = '00000000-0000-7000-8000-0000000000ff';
    expect(await refusal(apply(nobody, 1))).toBe('rebalance.not_found');
    await ok(service.admin.post('/v1/admin/fleet/freeze', { reason }));
    expect(await refusal(apply(id, version))).toBe('fleet.frozen');
    await ok(service.admin.post('/v1/admin/fleet/unfreeze', { reason }));
    // One was pinned since, so their place is another one.
    const pinned = body.moves[0]?.userId ?? '';
    await ok(service.admin.post(`/v1/users/${pinned}/assignment/pin`, { reason }));
    const applied = await ok(apply(id, version));
    expect(applied.moved).toBe(A_DAY - 1);
    expect(applied.skipped).toEqual([{ userId: pinned, because: 'moved-meanwhile' }]);

    await modes('propose');
    await simulator.advance(60);
    await propose();
    const stale = await latest();
    await simulator.advance(3 * HOUR);
    await database.query(`DELETE FROM proposals WHERE id <> $1::uuid`, [stale.id]);
    expect(await refusal(apply(stale.id, 1))).toBe('rebalance.stale');
  });

  it('observes, proposes or acts as it is told, by day and after two checks', async () => {
    await modes('observe');
    await run();
    expect(await latest()).toBeNull();
    const { withheld } = await ok(
      service.admin.get<{ withheld: object[] }>('/v1/admin/actuators/summary'),
    );
    expect(withheld).toMatchObject([
      { actuator: 'rebalance', wouldBe: 'assignment.moved', subjects: A_DAY },
      { actuator: 'rebalance', wouldBe: 'rebalance.proposed', subjects: 1 },
    ]);
    await modes('auto');
    await run();
    expect(await movedUsers()).toBe(0);
    await ok(service.admin.post('/v1/admin/fleet/freeze', { reason }));
    await simulator.advance(HOUR);
    await run();
    expect(await movedUsers()).toBe(0);
    await ok(service.admin.post('/v1/admin/fleet/unfreeze', { reason }));
    await run();
    expect(await movedUsers()).toBe(A_DAY);
    // Whatever the hours bring, nobody is moved in the night, and nobody twice.
    await simulator.advance(13 * HOUR, 2 * HOUR);
    const moves = await database.query<{ hour: number; n: number }>(
      `SELECT DISTINCT extract(hour FROM at AT TIME ZONE 'UTC')::int AS hour FROM assignment_history
       WHERE reason LIKE 'rebalance: %'`,
    );
    for (const { hour } of moves) expect(hour >= 8 && hour < 21).toBe(true);
    const twice = await database.query(
      `SELECT assignment_id FROM assignment_history WHERE reason LIKE 'rebalance: %'
       GROUP BY 1 HAVING count(*) > 1`,
    );
    expect(twice).toEqual([]);
  });

  it('and what else would have been is told once a week, by one event', async () => {
    await modes('observe');
    await run();
    await simulator.advance(8 * 24 * HOUR, 12 * HOUR);
    const summaries = await database.query<{ data: { week: string; withheld: object[] } }>(
      `SELECT data FROM outbox_events WHERE type = 'actuator.summary'`,
    );
    expect(summaries).toHaveLength(1);
    expect(summaries[0]?.data).toMatchObject({ week: '2026-W10' });
    expect(summaries[0]?.data.withheld.length).toBeGreaterThan(0);
  });
});
