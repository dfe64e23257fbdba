import { expectBooksToAgree } from '../support/books';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, linesOf, raiseMatureFleet } from '../support/fleet';
import { ok } from '../support/http';
import { KillableService } from '../support/killable-service';
import { People } from '../support/people';
import { TestSimulator } from '../support/simulator';

const PEOPLE = 6;

type Phase = 'onboarding' | 'talk' | 'failover';

/** Where the process dies: within a transaction, between two, or with the answer already on its way. */
const POINTS: readonly [what: string, phase: Phase, point: string][] = [
  ['before an assignment is written', 'onboarding', 'PrismaAssignmentStore.insert:before'],
  ['with an assignment written, not committed', 'onboarding', 'PrismaAssignmentStore.insert:after'],
  ['with an onboarding committed, not answered', 'onboarding', 'PrismaUnitOfWork.run:after'],
  ['before a webhook is stored', 'talk', 'PrismaInboxStore.insert:before'],
  ['with a webhook stored, not acknowledged', 'talk', 'PrismaInboxStore.insert:after'],
  ['with a batch claimed', 'talk', 'PrismaInboxStore.claim:after'],
  ['with messages counted, not committed', 'talk', 'PrismaMessageStore.insert:after'],
  ['with a batch finished, not committed', 'talk', 'PrismaInboxStore.finish:after'],
  ['with a hold written, not answered', 'talk', 'PrismaSendStore.insert:after'],
  ['with a failover begun, not committed', 'failover', 'PrismaFailoverStore.insert:after'],
  ['in the middle of a batch of moves', 'failover', 'PrismaFailoverStore.addMoves:before'],
  [
    'with a batch of moves written, not committed',
    'failover',
    'PrismaFailoverStore.addMoves:after',
  ],
  ['with a failover closed, not committed', 'failover', 'PrismaFailoverStore.change:after'],
];

describe('A process killed with SIGKILL', () => {
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

  async function arm(phase: Phase, now: Phase, point: string): Promise<void> {
    if (phase === now) await service.arm(point);
  }

  it.each(POINTS)('%s loses nothing and does nothing twice', async (_what, phase, point) => {
    await arm(phase, 'onboarding', point);
    await service.survive(async () => {
      while (people.all.length < PEOPLE) await people.join(4);
    });

    await arm(phase, 'talk', point);
    await people.write(people.all);
    await service.survive(() => simulator.advance(60, 30));
    const answered = new Set<string>();
    await service.survive(async () => {
      // The provider sends again what was not acknowledged.
      await simulator.advance(30 * 60, 600);
      for (const person of people.all) {
        if (answered.has(person.handle)) continue;
        const { decision } = await people.send(person, 'reply', `Answer to ${person.handle}`);
        expect(decision).toBe('send');
        answered.add(person.handle);
      }
    });
    await service.survive(() => simulator.advance(60, 30));

    await arm(phase, 'failover', point);
    const lines = await linesOf(service);
    const lost = [...lines].sort((a, b) => b.users - a.users)[0]?.phoneNumber ?? '';
    await ok(simulator.control.post(`/lines/${lost}/status`, { status: 'FLAGGED' }));
    await service.survive(() => simulator.advance(60, 30));
    await simulator.advance(60 * 60, 1_200);

    expect(service.kills).toBe(1);
    await expectNothingTwice();
    await expectEverybodyPlaced(lost);
    await expectBooksToAgree(service, simulator);
    await expectNoHoldLeft();
  });

  async function expectNothingTwice(): Promise<void> {
    const out = (await simulator.books()).filter(({ direction }) => direction === 'out');
    expect(out).toHaveLength(PEOPLE);
    expect(new Set(out.map(({ handle }) => handle)).size).toBe(PEOPLE);
    const [events] = await database.query<{ total: number; distinct: number }>(
      `SELECT count(*)::int AS total, count(DISTINCT event_id)::int AS distinct FROM inbox_events
       WHERE state IN ('done', 'ignored')`,
    );
    const [all] = await database.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM inbox_events',
    );
    expect(events).toEqual({ total: all?.n, distinct: all?.n });
  }

  async function expectEverybodyPlaced(lost: string): Promise<void> {
    const rows = await database.query<{ handle: string; n: number; state: string; line: string }>(
      `SELECT h.value AS handle, count(*) OVER (PARTITION BY h.value)::int AS n, a.state, l.phone_number AS line
       FROM assignments a JOIN handles h USING (user_id) JOIN lines l ON l.id = a.line_id`,
    );
    expect(rows).toHaveLength(PEOPLE);
    for (const { handle, n, state, line } of rows) {
      const person = people.all.find((each) => each.handle === handle);
      expect({ n, state }).toEqual({ n: 1, state: 'confirmed' });
      expect(line).not.toBe(lost);
      expect(person?.card).toContain(line);
    }
    const moved = people.all.filter(({ writesTo }) => writesTo === lost).length;
    expect(moved).toBeGreaterThan(0);
    const failovers = await database.query<{ state: string; moved: number; stranded: number }>(
      'SELECT state, users_moved AS moved, users_stranded AS stranded FROM failovers',
    );
    expect(failovers).toEqual([{ state: 'completed', moved, stranded: 0 }]);
  }

  /** Holds are settled by their message or given back after 35 minutes; the ledger then counts messages only. */
  async function expectNoHoldLeft(): Promise<void> {
    const books = await simulator.books();
    for (const { phoneNumber, usedLast24h } of await linesOf(service)) {
      expect(usedLast24h).toBe(books.filter(({ line }) => line === phoneNumber).length);
    }
  }
});
