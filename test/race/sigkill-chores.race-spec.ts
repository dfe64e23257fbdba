import {
  closeUserDay,
  DEFAULT_FLEET_POLICY as policy,
  normalMessages,
  startRate,
} from '@linekeeper/domain';
import { expectBooksToAgree } from '../support/books';
import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  lineNumbers,
  linesOf,
  onboard,
  personNumber,
  raiseMatureFleet,
  type SendAnswer,
} from '../support/fleet';
import { ok } from '../support/http';
import { KillableService } from '../support/killable-service';
import { People } from '../support/people';
import { TestSimulator } from '../support/simulator';
import { until } from '../support/until';
import { sdkOf, WebhookReceiver } from '../support/webhook-catcher';

const HOUR = 3_600;
const MINUTE = 60;
const LINES = 5;
const PEOPLE = 5;
const FIRST_DAY = '2026-03-02';
/** A job comes round again within ten minutes. */
const CATCH_UP = 15 * MINUTE;

type Phase = 'counting' | 'erase' | 'expiry' | 'drain' | 'close-day' | 'card' | 'events';

const POINTS: readonly [what: string, phase: Phase, point: string][] = [
  ['messages committed, the ledger not told', 'counting', 'InMemoryBudgetLedger.record:before'],
  ['an opt-out kept, its person not erased', 'erase', 'PrismaUserStore.keepOptOuts:after'],
  ['reservations found that are due', 'expiry', 'PrismaAssignmentStore.expired:after'],
  ['a drain begun, not committed', 'drain', 'PrismaFailoverStore.insert:after'],
  ['the day of a line closed, not committed', 'close-day', 'PrismaUsageStore.closeLineDay:after'],
  ['an event posted, its end not written', 'events', 'PrismaEndpointStore.settle:before'],
  ['rates taken in, not committed', 'close-day', 'PrismaUserStore.saveRates:after'],
  ['a card uploaded, its file not noted', 'card', 'VersionedMessagingProvider.uploadFile:after'],
  ['a card uploaded, not sent', 'card', 'PrismaCardStore.addMessage:after'],
  ['a card accepted, its hold not settled', 'card', 'VersionedMessagingProvider.send:after'],
  ['a card sent, the ledger not committed', 'card', 'PrismaCardStore.recordSent:after'],
];

jest.setTimeout(120_000);

/** The quiet work of a day: counting, erasing, expiring, draining, closing the day, sending cards. One fleet lives through all of it. */
describe('A process killed with SIGKILL at its chores', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: KillableService;
  let people: People;
  let kills = 0;
  /** Numbers of people of whom no test before knew. */
  let strangers = 100;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(LINES), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await KillableService.start(database, simulator);
    people = new People(service, simulator);
    await raiseMatureFleet(service);
    while (people.all.length < PEOPLE) await people.join(4);
  });

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  it.each(POINTS)('with %s loses nothing and does nothing twice', async (_what, phase, point) => {
    await people.write(people.all);
    const chore = { counting, erase, expiry, drain, 'close-day': closeTheDay, card, events }[phase];
    const check = await chore(() => service.arm(point));
    await simulator.advance(CATCH_UP, 300);
    kills += 1;
    expect(service.kills).toBe(kills);
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
    const handle = personNumber((strangers += 1));
    const { user, assignment } = await onboard(service, handle);
    await simulator.text(handle, assignment.line.phoneNumber, 'STOP');
    const [before] = await database.query<{ kept: number }>(
      'SELECT count(*)::int AS kept FROM erased_opt_outs',
    );
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
          (SELECT count(*)::int FROM audit e WHERE e.action = 'user.erase' AND e.subject_id = $1::text) AS deeds
         FROM users u JOIN assignments a ON a.user_id = u.id WHERE u.id = $1::uuid`,
        [user.id],
      );
      const kept = (before?.kept ?? 0) + 1;
      expect(row).toEqual({ erased: true, state: 'released', handles: 0, kept, deeds: 1 });
    };
  };

  const expiry: Chore = async (arm) => {
    const handle = personNumber((strangers += 1));
    const { user } = await onboard(service, handle, { startedBy: 'outbound' });
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

  const events: Chore = async (arm) => {
    const receiver = await WebhookReceiver.start();
    const wanted = { url: receiver.url, eventTypes: ['user.onboarded'], reason: 'a test' };
    await ok(service.admin.post('/v1/admin/webhook-endpoints', wanted));
    await onboard(service, personNumber((strangers += 1)));
    await arm();
    const job = '/v1/admin/jobs/deliver-events/run';
    await service.survive(() => service.admin.post(job, {}).then(() => undefined));
    return async () => {
      await until(() => receiver.deliveries.length === 2);
      const ids = receiver.deliveries.map(({ headers }) => headers['webhook-id']);
      expect(new Set(ids).size).toBe(1);
      const ended = 'SELECT attempts FROM event_deliveries WHERE ended_at IS NOT NULL';
      await until(async () => (await database.query(ended)).length === 1);
      expect(await database.query(ended)).toEqual([{ attempts: 2 }]);
      await receiver.stop();
    };
  };

  const drain: Chore = async (arm) => {
    await simulator.advance(MINUTE, 30);
    const lines = await linesOf(service);
    const busiest = [...lines].sort((a, b) => b.users - a.users)[0];
    const before = await placesOf(busiest?.phoneNumber ?? '');
    await arm();
    await service.survive(async () => {
      const path = `/v1/admin/lines/${busiest?.id}/drain`;
      const { status } = await service.admin.post(path, { reason: 'a test' });
      // After a kill the step may have been taken already.
      expect([200, 409]).toContain(status);
      await simulator.advance(10 * MINUTE, 300);
    });
    return async () => {
      await expectDrained(busiest?.phoneNumber ?? '', before);
      // The line is there again for the next one.
      for (const verb of ['cancel-drain', 'uncordon']) {
        const path = `/v1/admin/lines/${busiest?.id}/${verb}`;
        await ok(service.admin.post(path, { reason: 'a test' }));
      }
    };
  };

  const closeTheDay: Chore = async (arm) => {
    // What was written is delivered before the clock leaps: a webhook that is hours old would not be believed.
    await simulator.advance(MINUTE, 30);
    // The day is over at six in the morning.
    const now = new Date(await simulator.now());
    const untilFive = ((29 - now.getUTCHours()) % 24) * HOUR - now.getUTCMinutes() * MINUTE;
    await simulator.advance(untilFive + 5 * MINUTE, 6 * HOUR);
    await arm();
    await service.survive(() => simulator.advance(HOUR + 10 * MINUTE, HOUR));
    return expectDaysClosedOnce;
  };

  /** Somebody without a card is written with on several days: one card is what they get, whenever the process dies. */
  const card: Chore = async (arm) => {
    // Another identity is another card, so this one is uploaded too.
    const [pool] = await database.query<{ id: string }>('SELECT id FROM pools');
    const name = `Ada ${(strangers += 1)}`;
    await ok(service.admin.put(`/v1/admin/pools/${pool?.id ?? ''}/card-profile`, { name }));
    const handle = personNumber(strangers);
    const { user, assignment } = await onboard(service, handle);
    const talk = async (): Promise<void> => {
      // Two minutes before cards are looked after, so that the person is active then.
      const seconds = Math.floor((await simulator.now()) / 1_000);
      await simulator.advance(480 - (seconds % 300), HOUR);
      await simulator.text(handle, assignment.line.phoneNumber, 'Hello');
      await simulator.advance(MINUTE, 30);
      const gate = await ok(service.app.post<SendAnswer>('/v1/sends', { handle }));
      const parts = [{ type: 'text' as const, value: 'Noted' }];
      const message = { parts, idempotency_key: gate.idempotencyKey ?? '' };
      await sdkOf(simulator).chats.messages.send(gate.chatId ?? '', { message });
    };
    await talk();
    await arm();
    // The first run sends it, the second hears of it.
    await service.survive(() => simulator.advance(8 * MINUTE, MINUTE));
    return async () => {
      const cardsOf = async () =>
        (
          await ok(
            simulator.control.get<{ cards: { receipt: boolean; numbers: string[] }[] }>(
              `/people/${encodeURIComponent(handle)}`,
            ),
          )
        ).cards;
      // One that was asked for and never left is given up with its hold, and tried again a day later.
      for (let day = 0; day === 0 || (day < 3 && (await cardsOf()).length === 0); day += 1) {
        await talk();
        await simulator.advance(8 * MINUTE, MINUTE);
        await simulator.advance(25 * HOUR, 12 * HOUR);
      }
      const cards = await cardsOf();
      expect(cards).toHaveLength(1);
      const held = await database.query<{ number: string; degree: string }>(
        `SELECT l.phone_number AS number, k.sureness AS degree FROM known_numbers k
         JOIN lines l ON l.id = k.line_id WHERE k.user_id = $1::uuid ORDER BY k.position`,
        [user.id],
      );
      const own = assignment.line.phoneNumber;
      expect(held).toEqual(
        cards[0]?.numbers.map((number) => ({
          number,
          degree: number === own ? 'known' : 'delivered',
        })),
      );
      const [sent] = await database.query<object>(
        'SELECT count(*)::int AS cards FROM cards_sent WHERE user_id = $1::uuid',
        [user.id],
      );
      expect(sent).toEqual({ cards: 1 });
    };
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

  interface Placed {
    readonly handle: string;
    readonly state: string;
    readonly line: string;
    readonly moves: number;
  }

  /** Where everybody is, or those on one line. */
  async function placesOf(line: string | null = null): Promise<Placed[]> {
    return database.query<Placed>(
      `SELECT h.value AS handle, a.state, l.phone_number AS line,
        (SELECT count(*)::int FROM assignment_history y
          WHERE y.assignment_id = a.id AND y.from_line_id <> y.to_line_id) AS moves
       FROM assignments a JOIN handles h USING (user_id) JOIN lines l ON l.id = a.line_id
       WHERE a.state <> 'released' AND ($1::text IS NULL OR l.phone_number = $1)`,
      [line],
    );
  }

  async function expectDrained(phoneNumber: string, before: readonly Placed[]): Promise<void> {
    expect(before.length).toBeGreaterThan(0);
    const after = await placesOf();
    for (const { handle, moves } of before) {
      const row = after.find((each) => each.handle === handle);
      const person = people.all.find((each) => each.handle === handle);
      expect(row).toMatchObject({ state: 'confirmed', moves: moves + 1 });
      expect(person?.card).toContain(row?.line);
      expect(row?.line).not.toBe(phoneNumber);
      if (person && row) person.writesTo = row.line;
    }
    const [failover] = await database.query<object>(
      `SELECT state, users_moved AS moved, users_stranded AS stranded FROM failovers
       ORDER BY started_at DESC LIMIT 1`,
    );
    expect(failover).toEqual({ state: 'completed', moved: before.length, stranded: 0 });
  }

  /** Each line has each day once, and each rate has taken each day in once. */
  async function expectDaysClosedOnce(): Promise<void> {
    const days = await database.query<{ day: string; n: number }>(
      // A line that is imported as mature brings the day before with it.
      'SELECT day, count(*)::int AS n FROM line_days WHERE day >= $1 GROUP BY day ORDER BY day',
      [FIRST_DAY],
    );
    expect(days.length).toBeGreaterThan(0);
    expect(days.map(({ n }) => n)).toEqual(days.map(() => LINES));
    const rates = await database.query<{ handle: string; messages: number; days: number }>(
      `SELECT h.value AS handle, r.rate_messages AS messages, r.rate_days AS days
        FROM user_rates r JOIN handles h USING (user_id)`,
    );
    const talk = await database.query<{ handle: string; day: string; n: number }>(
      'SELECT h.value AS handle, d.day, d."in" + d.out AS n FROM user_days d JOIN handles h USING (user_id)',
    );
    for (const { handle } of people.all) {
      const spoken = talk.find((each) => each.handle === handle && each.day === FIRST_DAY);
      const first = normalMessages(spoken?.n ?? 0, 1, policy.forecast.noveltyFactor);
      // The weight tells how many days were taken in; what the later ones count depends on what was learned by then.
      const once = days.reduce((rate) => closeUserDay(rate, first, policy), startRate(policy, 4));
      const rate = rates.find((each) => each.handle === handle);
      expect(rate?.days).toBeCloseTo(once.days, 9);
      if (days.length === 1) expect(rate?.messages).toBeCloseTo(once.messages, 9);
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
    expect(rows).toHaveLength(LINES);
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
