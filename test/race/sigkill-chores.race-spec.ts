import {
  closeUserDay,
  DEFAULT_FLEET_POLICY as policy,
  normalMessages,
  startRate,
} from '@linekeeper/domain';
import { expectBooksToAgree } from '../support/books';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, linesOf, onboard, personNumber, raiseMatureFleet } from '../support/fleet';
import { KillableService } from '../support/killable-service';
import { People } from '../support/people';
import { TestSimulator } from '../support/simulator';

const HOUR = 3_600;
const MINUTE = 60;
const PEOPLE = 5;
/** A job whose process died is held up by its lease for two minutes, and comes round again within ten. */
const CATCH_UP = 15 * MINUTE;

type Phase = 'counting' | 'erase' | 'expiry' | 'drain' | 'close-day';

const POINTS: readonly [what: string, phase: Phase, point: string][] = [
  ['messages committed, the ledger not told', 'counting', 'InMemoryBudgetLedger.record:before'],
  ['an opt-out kept, its person not erased', 'erase', 'PrismaUserStore.keepOptOuts:after'],
  ['a person erased, not committed', 'erase', 'PrismaUserStore.erase:after'],
  ['a person erased, not answered', 'erase', 'EraseUser.execute:after'],
  ['reservations found that are due', 'expiry', 'PrismaAssignmentStore.expired:after'],
  ['capacity given back, not committed', 'expiry', 'PrismaLineStore.addLoad:after'],
  ['a drain begun, not committed', 'drain', 'PrismaFailoverStore.insert:after'],
  ['a drain begun, not answered', 'drain', 'StepLine.execute:after'],
  ['the moves of a drain not written', 'drain', 'PrismaFailoverStore.addMoves:before'],
  ['the moves of a drain not committed', 'drain', 'PrismaFailoverStore.addMoves:after'],
  ['the day of a line closed, not committed', 'close-day', 'PrismaUsageStore.closeLineDay:after'],
  ['rates taken in, not committed', 'close-day', 'PrismaUserStore.saveRates:after'],
  ['rates taken in, sums not committed', 'close-day', 'PrismaLineStore.addLoad:after'],
  ['a closed day not noted as run', 'close-day', 'PrismaJobStore.finish:before'],
];

jest.setTimeout(180_000);

/** The quiet work of a day: counting, erasing, expiring, draining, closing the day. */
describe('A process killed with SIGKILL at its chores', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: KillableService;
  let people: People;

  beforeEach(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(3), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await KillableService.start(database, simulator);
    people = new People(service, simulator);
    await raiseMatureFleet(service);
  });

  afterEach(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  it.each(POINTS)('with %s loses nothing and does nothing twice', async (_what, phase, point) => {
    while (people.all.length < PEOPLE) await people.join(4);
    await people.write(people.all);
    const chore = { counting, erase, expiry, drain, 'close-day': closeTheDay }[phase];
    const check = await chore(() => service.arm(point));
    await simulator.advance(CATCH_UP, 300);
    expect(service.kills).toBe(1);
    await check();
    await expectBooksToAgree(service, simulator);
    await expectLedgerOfBooks();
    await expectSumsOfRows();
  });

  /** Each chore does its work with the process to be killed in the midst of it, and answers with how to check it. */
  type Chore = (arm: () => Promise<void>) => Promise<() => Promise<void>>;

  const counting: Chore = async (arm) => {
    await arm();
    await service.survive(() => simulator.advance(MINUTE, 30));
    return () => Promise.resolve();
  };

  const erase: Chore = async (arm) => {
    const { user, assignment } = await onboard(service, personNumber(100));
    await simulator.text(personNumber(100), assignment.line.phoneNumber, 'STOP');
    await simulator.advance(MINUTE, 30);
    await arm();
    await service.survive(async () => {
      expect((await service.admin.delete(`/v1/users/${user.id}`)).status).toBe(204);
    });
    return async () => {
      const [row] = await database.query<object>(
        `SELECT u.erased_at IS NOT NULL AS erased, a.state,
          (SELECT count(*)::int FROM handles h WHERE h.user_id = u.id) AS handles,
          (SELECT count(*)::int FROM erased_opt_outs) AS kept,
          (SELECT count(*)::int FROM audit e WHERE e.action = 'user.erase') AS deeds
         FROM users u JOIN assignments a ON a.user_id = u.id WHERE u.id = $1`,
        [user.id],
      );
      expect(row).toEqual({ erased: true, state: 'released', handles: 0, kept: 1, deeds: 1 });
    };
  };

  const expiry: Chore = async (arm) => {
    const { user } = await onboard(service, personNumber(101), { startedBy: 'outbound' });
    await simulator.advance(MINUTE, 30);
    await arm();
    await service.survive(() => simulator.advance(2 * HOUR, HOUR));
    return async () => {
      const [row] = await database.query<object>(
        `SELECT a.state, (SELECT count(*)::int FROM outbox_events o
            WHERE o.type = 'assignment.expired' AND o.data ->> 'userId' = $1) AS told
         FROM assignments a WHERE a.user_id = $1::uuid`,
        [user.id],
      );
      expect(row).toEqual({ state: 'released', told: 1 });
    };
  };

  const drain: Chore = async (arm) => {
    await simulator.advance(MINUTE, 30);
    const lines = await linesOf(service);
    const busiest = [...lines].sort((a, b) => b.users - a.users)[0];
    await arm();
    await service.survive(async () => {
      const path = `/v1/admin/lines/${busiest?.id}/drain`;
      const { status } = await service.admin.post(path, { reason: 'a test' });
      // After a kill the step may have been taken already.
      expect([200, 409]).toContain(status);
      await simulator.advance(10 * MINUTE, 300);
    });
    return () => expectDrained(busiest?.phoneNumber ?? '');
  };

  const closeTheDay: Chore = async (arm) => {
    await simulator.advance(19 * HOUR, 6 * HOUR);
    await arm();
    await service.survive(() => simulator.advance(HOUR + 10 * MINUTE, HOUR));
    return expectDayClosedOnce;
  };

  async function expectLedgerOfBooks(): Promise<void> {
    const now = await simulator.now();
    // The ledger keeps whole hours: the running one and the 24 before it.
    const since = (Math.floor(now / 3_600_000) - 24) * 3_600_000;
    const books = (await simulator.books()).filter(({ at }) => Date.parse(at) >= since);
    for (const { phoneNumber, usedLast24h } of await linesOf(service)) {
      expect(usedLast24h).toBe(books.filter(({ line }) => line === phoneNumber).length);
    }
  }

  async function expectDrained(phoneNumber: string): Promise<void> {
    const left = people.all.filter(({ writesTo }) => writesTo === phoneNumber);
    expect(left.length).toBeGreaterThan(0);
    const rows = await database.query<{
      handle: string;
      state: string;
      line: string;
      moves: number;
    }>(
      `SELECT h.value AS handle, a.state, l.phone_number AS line,
        (SELECT count(*)::int FROM assignment_history y
          WHERE y.assignment_id = a.id AND y.from_line_id <> y.to_line_id) AS moves
       FROM assignments a JOIN handles h USING (user_id) JOIN lines l ON l.id = a.line_id`,
    );
    for (const { handle, card } of left) {
      const row = rows.find((each) => each.handle === handle);
      expect(row).toMatchObject({ state: 'confirmed', moves: 1 });
      expect(card).toContain(row?.line);
      expect(row?.line).not.toBe(phoneNumber);
    }
    const failovers = await database.query<object>(
      'SELECT state, users_moved AS moved, users_stranded AS stranded FROM failovers',
    );
    expect(failovers).toEqual([{ state: 'completed', moved: left.length, stranded: 0 }]);
  }

  async function expectDayClosedOnce(): Promise<void> {
    const days = await database.query<{ day: string; n: number }>(
      // A line that is imported as mature brings the day before with it.
      `SELECT day, count(*)::int AS n FROM line_days WHERE day >= '2026-03-02' GROUP BY day`,
    );
    expect(days).toEqual([{ day: '2026-03-02', n: 3 }]);
    const rates = await database.query<{
      a: number;
      b: number;
      expected: number | null;
      messages: number;
    }>(
      `SELECT r.a, r.b, u.expected_per_day AS expected, coalesce(d."in" + d.out, 0)::int AS messages
       FROM user_rates r JOIN users u ON u.id = r.user_id
       LEFT JOIN user_days d ON d.user_id = r.user_id AND d.day = '2026-03-02'`,
    );
    expect(rates).toHaveLength(PEOPLE);
    for (const { a, b, expected, messages } of rates) {
      // It was the first day of all of them.
      const normal = normalMessages(messages, 1, policy.forecast.noveltyFactor);
      const once = closeUserDay(startRate(policy, expected), normal, policy);
      expect({ a, b }).toEqual({ a: expect.closeTo(once.a, 9), b: expect.closeTo(once.b, 9) });
    }
  }

  /** What a line is said to carry is what its users are expected to say. */
  async function expectSumsOfRows(): Promise<void> {
    const rows = await database.query<Record<string, string>>(
      `SELECT l.users::text AS users, l.mean_milli::text AS mean, l.variance_milli::text AS variance,
        l.fallback_users::text AS fallbacks,
        count(a.id)::text AS users_now, coalesce(sum(a.mean_milli), 0)::text AS mean_now,
        coalesce(sum(a.variance_milli), 0)::text AS variance_now,
        (SELECT count(*)::text FROM assignment_fallbacks f JOIN assignments x ON x.id = f.assignment_id
          WHERE f.line_id = l.id AND x.state <> 'released') AS fallbacks_now
       FROM lines l LEFT JOIN assignments a ON a.line_id = l.id AND a.state <> 'released'
       GROUP BY l.id`,
    );
    expect(rows).toHaveLength(3);
    for (const { users_now, mean_now, variance_now, fallbacks_now, ...said } of rows) {
      expect(said).toEqual({
        users: users_now,
        mean: mean_now,
        variance: variance_now,
        fallbacks: fallbacks_now,
      });
    }
  }
});
