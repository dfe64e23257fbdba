import { expectBooksToAgree } from '../support/books';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { type LineAnswer, lineNumbers, linesOf, raiseMatureFleet } from '../support/fleet';
import { ok } from '../support/http';
import { KillableService } from '../support/killable-service';
import { People } from '../support/people';
import { TestSimulator } from '../support/simulator';

const LINES = 8;
/** New people of each point. */
const PEOPLE = 3;

type Phase = 'onboarding' | 'talk' | 'failover';

/** Where the process dies: within a transaction, between two, or with the answer already on its way. */
const POINTS: readonly [what: string, phase: Phase, point: string][] = [
  [
    'with an assignment written, not committed',
    'onboarding',
    'PrismaAssignmentStore.insertAll:after',
  ],
  ['with an onboarding committed, not answered', 'onboarding', 'PrismaUnitOfWork.run:after'],
  ['before a webhook is stored', 'talk', 'PrismaInboxStore.insert:before'],
  ['with a webhook stored, not acknowledged', 'talk', 'PrismaInboxStore.insert:after'],
  ['with a batch claimed', 'talk', 'PrismaInboxStore.claim:after'],
  ['with messages counted, not committed', 'talk', 'PrismaMessageStore.insert:after'],
  ['with a hold written, not answered', 'talk', 'PrismaSendStore.insert:after'],
  ['with a failover begun, not committed', 'failover', 'PrismaFailoverStore.insert:after'],
  [
    'with a batch of moves written, not committed',
    'failover',
    'PrismaFailoverStore.addMoves:after',
  ],
  ['with a failover closed, not committed', 'failover', 'PrismaFailoverStore.change:after'],
];

jest.setTimeout(120_000);

/** One fleet lives through all of them, one after the other. */
describe('A process killed with SIGKILL', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: KillableService;
  let people: People;
  let kills = 0;
  let lost = 0;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(LINES), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await KillableService.start(database, simulator);
    people = new People(service, simulator);
    await raiseMatureFleet(service);
  });

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  async function arm(phase: Phase, now: Phase, point: string): Promise<void> {
    if (phase === now) await service.arm(point);
  }

  it.each(POINTS)('%s loses nothing and does nothing twice', async (_what, phase, point) => {
    const before = people.all.length;
    await arm(phase, 'onboarding', point);
    await service.survive(async () => {
      while (people.all.length < before + PEOPLE) await people.join(4);
    });
    const newcomers = people.all.slice(before);

    await arm(phase, 'talk', point);
    await people.write(newcomers);
    await service.survive(() => simulator.advance(60, 30));
    const answered = new Set<string>();
    await service.survive(async () => {
      // The provider sends again what was not acknowledged.
      await simulator.advance(30 * 60, 900);
      for (const person of newcomers) {
        if (answered.has(person.handle)) continue;
        const { decision } = await people.send(person, 'reply', `Answer to ${person.handle}`);
        expect(decision).toBe('send');
        answered.add(person.handle);
      }
    });
    await service.survive(() => simulator.advance(60, 30));

    if (phase === 'failover') await loseTheBusiest(point);
    kills += 1;
    expect(service.kills).toBe(kills);
    await expectNothingTwice();
    await expectEverybodyPlaced();
    await expectBooksToAgree(service, simulator);
    await expectNoHoldLeft();
  });

  async function loseTheBusiest(point: string): Promise<void> {
    const users = ({ users: n, health }: LineAnswer): number => (health === 'healthy' ? n : 0);
    const [line] = (await linesOf(service)).sort((a, b) => users(b) - users(a));
    const { phoneNumber, users: moving } = line ?? { phoneNumber: '', users: 0 };
    expect(moving).toBeGreaterThan(0);
    await service.arm(point);
    await ok(simulator.control.post(`/lines/${phoneNumber}/status`, { status: 'FLAGGED' }));
    await service.survive(() => simulator.advance(60, 30));
    await simulator.advance(60 * 60, 1_800);
    lost += 1;
    const failovers = await database.query<{ state: string; moved: number; stranded: number }>(
      'SELECT state, users_moved AS moved, users_stranded AS stranded FROM failovers ORDER BY started_at',
    );
    expect(failovers).toHaveLength(lost);
    const { state, moved, stranded } = failovers.at(-1) ?? {};
    expect({ state, people: (moved ?? 0) + (stranded ?? 0) }).toEqual({
      state: 'completed',
      people: moving,
    });
  }

  async function expectNothingTwice(): Promise<void> {
    const out = (await simulator.books()).filter(({ direction }) => direction === 'out');
    expect(out).toHaveLength(people.all.length);
    expect(new Set(out.map(({ handle }) => handle)).size).toBe(people.all.length);
    const [events] = await database.query<{ total: number; distinct: number }>(
      `SELECT count(*)::int AS total, count(DISTINCT event_id)::int AS distinct FROM inbox_events
       WHERE state IN ('done', 'ignored')`,
    );
    const [all] = await database.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM inbox_events',
    );
    expect(events).toEqual({ total: all?.n, distinct: all?.n });
  }

  /** Everybody has one place, on a live line: their own, or one that is on the card they were sent. */
  async function expectEverybodyPlaced(): Promise<void> {
    const live = (await linesOf(service)).filter(({ health }) => health === 'healthy');
    const numbers = new Set(live.map(({ phoneNumber }) => phoneNumber));
    expect(numbers.size).toBe(LINES - lost);
    const rows = await database.query<{ handle: string; n: number; state: string; line: string }>(
      `SELECT h.value AS handle, count(*) OVER (PARTITION BY h.value)::int AS n, a.state, l.phone_number AS line
       FROM assignments a JOIN handles h USING (user_id) JOIN lines l ON l.id = a.line_id`,
    );
    expect(rows).toHaveLength(people.all.length);
    for (const { handle, n, state, line } of rows) {
      const person = people.all.find((each) => each.handle === handle)!;
      const known = person.card.filter((number) => numbers.has(number));
      const stranded = known.length === 0 && !numbers.has(person.writesTo);
      expect({ n, state }).toEqual({ n: 1, state: stranded ? 'needs-introduction' : 'confirmed' });
      if (!stranded) expect([...known, person.writesTo]).toContain(line);
      if (!stranded) expect(numbers).toContain(line);
    }
  }

  /** Holds are settled by their message or given back after 35 minutes; the ledger then counts messages only. */
  async function expectNoHoldLeft(): Promise<void> {
    await simulator.advance(40 * 60, 2_400);
    const books = await simulator.books();
    for (const { phoneNumber, usedLast24h } of await linesOf(service)) {
      expect(usedLast24h).toBe(books.filter(({ line }) => line === phoneNumber).length);
    }
  }
});
