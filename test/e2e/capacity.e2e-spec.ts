import { setTimeout } from 'node:timers/promises';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, linesOf, onboard, personNumber, raiseMatureFleet } from '../support/fleet';
import { ok } from '../support/http';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const LINES = 5;
const PEOPLE = 12;
const POLL_MS = 200;
const MOST_POLLS = 300;

interface Plan {
  readonly users: number;
  readonly meanPerDay: number;
  readonly lines: { readonly paid: number; readonly serving: number };
  readonly usersPerLine: { readonly ofUsers: number; readonly ofNewcomers: number };
  readonly linesNeeded: { readonly byAdmission: number; readonly withReserve: number };
  readonly money: object | null;
  readonly losses: readonly { readonly losses: number }[];
}

interface Simulation {
  readonly id: string;
  readonly state: 'running' | 'completed' | 'failed';
  readonly progressPercent: number;
  readonly question: { readonly users: number; readonly lines: number };
  readonly table:
    readonly { readonly policy: string; readonly figures: Record<string, number | null> }[] | null;
}

describe('Capacity', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(LINES), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    await raiseMatureFleet(service);
    for (let i = 0; i < PEOPLE; i += 1) {
      await onboard(service, personNumber(i), { expectedMessagesPerDay: 10 });
    }
  });

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const planOf = async (query = ''): Promise<Plan> => {
    const { pools } = await ok(
      service.admin.get<{ pools: readonly Plan[] }>(`/v1/admin/capacity${query}`),
    );
    return pools[0] ?? Promise.reject(new Error('No pool'));
  };

  /** Jobs of the days before may still look at a line meanwhile; what they see changes none of this. */
  const standing = async (): Promise<object[]> =>
    (await linesOf(service)).map(({ id, users, adminState, health, todayCap }) => ({
      id,
      users,
      adminState,
      health,
      todayCap,
    }));

  it('adds up with the lines', async () => {
    const lines = await linesOf(service);
    const plan = await planOf();
    expect(plan.lines).toMatchObject({ paid: LINES, serving: LINES });
    expect(plan.users).toBe(lines.reduce((sum, { users }) => sum + users, 0));
    expect(plan.users).toBe(PEOPLE);
    expect(plan.meanPerDay).toBeCloseTo(10 * PEOPLE, 3);
    expect(plan.usersPerLine.ofUsers).toBeGreaterThan(plan.usersPerLine.ofNewcomers);
    expect(plan.linesNeeded.withReserve).toBeGreaterThanOrEqual(plan.linesNeeded.byAdmission);
    expect(plan.losses.map(({ losses }) => losses)).toEqual([1, 2, 3]);
  });

  it('tells of money when a line has a price, and of nothing else that is not asked', async () => {
    expect((await planOf()).money).toBeNull();
    expect((await planOf('?pricePerLinePerMonth=100')).money).toMatchObject({
      total: 100 * LINES,
    });
  });

  it('plays a small what-if on the fleet as it is, and keeps its table', async () => {
    const before = [await standing(), await database.rowVersions()] as const;
    const answer = await service.admin.post<Simulation>('/v1/admin/simulations', {
      scenario: 'S1',
      policies: ['linekeeper', 'round-robin'],
      days: 7,
    });
    expect(answer.status).toBe(202);
    const path = answer.headers.get('location') ?? '';
    expect(path).toBe(`/v1/admin/simulations/${answer.body.id}`);
    expect(answer.body.question).toMatchObject({ users: PEOPLE, lines: LINES });
    let simulation = answer.body;
    for (let polls = 0; simulation.state === 'running' && polls < MOST_POLLS; polls += 1) {
      await setTimeout(POLL_MS);
      simulation = await ok(service.admin.get<Simulation>(path));
    }
    expect(simulation).toMatchObject({ state: 'completed', progressPercent: 100 });
    expect(simulation.table?.map(({ policy }) => policy)).toEqual(['linekeeper', 'round-robin']);
    // What is asked of a model changes nothing of the fleet; only the key says when it was used.
    expect(await standing()).toEqual(before[0]);
    const after = await database.rowVersions();
    for (const table of ['assignments', 'messages', 'policy_versions']) {
      expect(after[table]).toBe(before[1][table]);
    }
  });

  it.each([
    ['no scenario', {}],
    ['a scenario there is not', { scenario: 'S8' }],
    ['a policy twice', { scenario: 'S1', policies: ['hash', 'hash'] }],
    ['no days', { scenario: 'S1', days: 0 }],
    ['a key there is not', { scenario: 'S1', colour: 'red' }],
  ])('refuses %s', async (_what, body) => {
    const answer = await service.admin.post<{ code: string }>('/v1/admin/simulations', body);
    expect(answer).toMatchObject({ status: 422, body: { code: 'request.invalid' } });
  });

  it('refuses what would take all day, and what it does not know', async () => {
    const large = { scenario: 'S1', users: 100_000, days: 180 };
    const answer = await service.admin.post<{ code: string }>('/v1/admin/simulations', large);
    expect(answer).toMatchObject({ status: 422, body: { code: 'simulation.too_large' } });
    const nobody = '/v1/admin/simulations/01890000-0000-7000-8000-000000000000';
    expect(await service.admin.get<{ code: string }>(nobody)).toMatchObject({
      status: 404,
      body: { code: 'simulation.not_found' },
    });
  });
});
