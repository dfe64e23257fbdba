import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  type LineAnswer,
  lineNumbers,
  onboard,
  personNumber,
  raiseMatureFleet,
} from '../support/fleet';
import { ok } from '../support/http';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const HOUR = 3_600;
const PEOPLE = 32;
/** Both halves of people who differ: 4 and 8 messages on each day. */
const perDay = (i: number): number => (i % 2 === 0 ? 4 : 8);

interface Told extends LineAnswer {
  readonly assumed: boolean;
  readonly admissionCap: number;
}

interface Explained {
  readonly plan: {
    readonly inputs: {
      readonly prior: {
        readonly mean: number;
        readonly assumed: boolean;
        readonly learned: number;
      };
      readonly outlook: { readonly days: number; readonly sigma: number };
    };
  };
}

/** What a pool learns from its closed days, and what a change of policy does to what it has earned. */
describe('A pool', () => {
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

  const lines = async (): Promise<Told[]> =>
    (await ok(service.admin.get<{ data: Told[] }>('/v1/admin/lines'))).data;

  it('assumes what newcomers say until thirty people have been heard for a week, and says which', async () => {
    for (let i = 0; i < PEOPLE; i += 1) {
      const { user } = await onboard(service, personNumber(i));
      await ok(service.app.post(`/v1/users/${user.id}/assignment/confirm`, {}));
      // What they say is written where the webhooks would have counted it.
      await database.query(
        `INSERT INTO user_days (user_id, day, "in", out)
         SELECT $1::uuid, to_char(DATE '2026-03-02' + d, 'YYYY-MM-DD'), $2::int, 0
         FROM generate_series(0, 9) d`,
        [user.id, perDay(i)],
      );
    }
    expect((await lines()).map(({ assumed }) => assumed)).toEqual([true, true, true]);
    await simulator.advance(10 * 24 * HOUR, 12 * HOUR);
    const [pool] = await database.query<{ learned: Explained['plan']['inputs'] }>(
      'SELECT learned FROM pools',
    );
    expect(pool?.learned.prior.assumed).toBe(false);
    // They say 6 in the mean, a little less as normal days of whoever is new; half of it is the assumed 20 still.
    expect(pool?.learned.prior.mean).toBeGreaterThan(12);
    expect(pool?.learned.prior.mean).toBeLessThan(13.5);
    const days = await database.query<{ messages: number }>(
      'SELECT messages FROM pool_days ORDER BY day',
    );
    expect(days.length).toBeGreaterThanOrEqual(8);
    expect(new Set(days.slice(0, 8).map(({ messages }) => messages))).toEqual(
      new Set([(PEOPLE / 2) * (4 + 8)]),
    );
    expect((await lines()).map(({ assumed }) => assumed)).toEqual([false, false, false]);
    const { user } = await onboard(service, personNumber(900));
    const { plan } = await ok(
      service.app.get<Explained>(`/v1/users/${user.id}/assignment/explain`),
    );
    expect(plan.inputs.prior).toEqual(pool?.learned.prior);
    expect(plan.inputs.outlook.days).toBe(days.length);
    // Half of the prior is assumed still, and doubted for whoever is new.
    const doubt = 0.6 * (1 - (pool?.learned.prior.learned ?? 0));
    expect(doubt).toBeGreaterThan(0.2);
    const sigma = Math.hypot(pool?.learned.outlook.sigma ?? 0, doubt);
    expect(plan.inputs.outlook.sigma).toBeCloseTo(sigma, 9);
    const [row] = await database.query<{ mean: number }>(
      'SELECT mean_milli::int AS mean FROM assignments WHERE user_id = $1',
      [user.id],
    );
    expect(row?.mean).toBe(Math.round(1_000 * (pool?.learned.prior.mean ?? 0)));
  });

  it('keeps its caps when its ramp is made slower or faster', async () => {
    await database.query('UPDATE lines SET good_days = 6');
    const before = await lines();
    for (const growth of [1.15, 1.4]) {
      const { policy } = await ok(
        service.admin.get<{ policy: { ramp: object } }>('/v1/admin/policy'),
      );
      const body = { policy: { ...policy, ramp: { ...policy.ramp, growth } }, reason: 'a test' };
      await ok(service.admin.put('/v1/admin/policy', body));
      for (const [i, line] of (await lines()).entries()) {
        const cap = Math.round(150 * growth ** line.goodDays);
        expect(cap).toBeLessThanOrEqual(Math.round(150 * 1.25 ** 6));
        expect(line.goodDays).toBeGreaterThan(0);
        expect(line.admissionCap).toBeLessThanOrEqual(before[i]!.admissionCap);
      }
    }
  });
});
