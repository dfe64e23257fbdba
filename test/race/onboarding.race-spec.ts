import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  lineNumbers,
  linesOf,
  onboard,
  type Onboarded,
  personNumber,
  type Problem,
  raiseMatureFleet,
} from '../support/fleet';
import type { Answer } from '../support/http';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

/** A line of this budget takes about thirteen users while twenty messages a day are assumed of them. */
const BUDGET = 1_000;
const ALREADY = 25;
const CALLS = 500;
const OF_ONE_HANDLE = 100;

type Outcome = Answer<Onboarded & Problem & { nextCapacityAt?: string | null; reasons?: object }>;

async function freshFleet(): Promise<{
  database: TestDatabase;
  simulator: TestSimulator;
  service: TestService;
  stop(): Promise<void>;
}> {
  const [database, simulator] = await Promise.all([
    createTestDatabase(),
    TestSimulator.start({ lines: lineNumbers(3) }),
  ]);
  const service = await TestService.start(database, simulator);
  for (const { id } of await raiseMatureFleet(service)) {
    const change = { budgetPerDay: BUDGET, reason: 'small lines fill sooner' };
    expect((await service.admin.patch(`/v1/admin/lines/${id}`, change)).status).toBe(200);
  }
  for (let i = 0; i < ALREADY; i += 1) await onboard(service, personNumber(i));
  return {
    database,
    simulator,
    service,
    async stop() {
      await service.stop();
      await simulator.stop();
      await database.drop();
    },
  };
}

function ask(service: TestService, handle: string): Promise<Outcome> {
  return service.app.post('/v1/users', { handle, startedBy: 'inbound' });
}

describe('500 onboardings at once on three almost full lines', () => {
  let fleet: Awaited<ReturnType<typeof freshFleet>>;
  let twin: Awaited<ReturnType<typeof freshFleet>>;
  let room = 0;
  let outcomes: Outcome[];

  beforeAll(async () => {
    // A fleet just like it is filled one by one: that many and no more fit.
    [fleet, twin] = await Promise.all([freshFleet(), freshFleet()]);
    while ((await ask(twin.service, personNumber(1_000 + room))).status === 201) room += 1;
    const handles = [
      ...Array.from({ length: OF_ONE_HANDLE }, () => personNumber(9_999)),
      ...Array.from({ length: CALLS - OF_ONE_HANDLE }, (_, i) => personNumber(5_000 + i)),
    ];
    outcomes = await Promise.all(handles.map((handle) => ask(fleet.service, handle)));
  });

  afterAll(async () => {
    await fleet.stop();
    await twin.stop();
  });

  it('places exactly as many as fit one by one, and refuses nobody falsely', async () => {
    expect(room).toBeGreaterThan(10);
    expect(room).toBeLessThan(CALLS - OF_ONE_HANDLE);
    const created = outcomes.filter(({ status }) => status === 201);
    expect(created.length).toBe(room);
    const users = async (service: TestService): Promise<number[]> =>
      (await linesOf(service)).map((line) => line.users).sort();
    expect(await users(fleet.service)).toEqual(await users(twin.service));
  });

  it('never lets a line pass its cap', async () => {
    const lines = await fleet.service.admin.get<{
      data: { projectedUse: number; todayCap: number }[];
    }>('/v1/admin/lines');
    for (const { projectedUse, todayCap } of lines.body.data) {
      expect(projectedUse).toBeLessThanOrEqual(todayCap);
    }
  });

  it('gives the handle of a hundred calls one assignment', async () => {
    const same = outcomes.slice(0, OF_ONE_HANDLE);
    expect(same.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(same.filter(({ status }) => status === 200)).toHaveLength(OF_ONE_HANDLE - 1);
    expect(new Set(same.map(({ body }) => body.assignment.id)).size).toBe(1);
    const rows = await fleet.database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM assignments JOIN handles USING (user_id) GROUP BY user_id`,
    );
    expect(rows.every(({ n }) => n === 1)).toBe(true);
  });

  it('answers the rest with a clear 409 and when there is room next', () => {
    const refused = outcomes.filter(({ status }) => status >= 400);
    expect(refused).toHaveLength(CALLS - OF_ONE_HANDLE + 1 - room);
    for (const { status, body } of refused) {
      expect({ status, code: body.code }).toEqual({ status: 409, code: 'fleet.no_capacity' });
      expect(body.reasons).toEqual(expect.any(Object));
      // Forecasts and ramps move when the budget day closes, at six in the morning.
      expect(body.nextCapacityAt).toBe('2026-03-02T06:00:00.000Z');
    }
  });
});
