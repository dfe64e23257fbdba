import { seededRandom } from '@linekeeper/domain';
import { CardHolders, type Degree, type Holder } from '../support/card-holders';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, linesOf, raiseMatureFleet } from '../support/fleet';
import { ok } from '../support/http';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

const SEED = 5;
/** Fifteen days on which somebody talks, each behind a day on which nobody does. */
const TALKS = 15;
const PEOPLE = 7;
const MINUTE = 60;
const DAY = 86_400;
const reason = 'a test';

/** A month of days, on a machine that others may use too. */
jest.setTimeout(180_000);

interface Coverage {
  readonly users: number;
  readonly sent: number;
  readonly delivered: number;
  readonly known: number;
}

/**
 * A month of chance: people come, write to any number they hold, are answered or not, stop, save their card or do not; cards
 * fail and answers of the provider are lost; a line is retired and another flagged. Then the ledger is held against what the
 * simulated people got, and the coverage of each line against its loss.
 */
describe(`After a random month (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  const happens = (probability: number): boolean => random() < probability;
  const pick = <T>(some: readonly T[]): T | undefined => some[Math.floor(random() * some.length)];
  const numbers = lineNumbers(5);
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let holders: CardHolders;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: numbers, start: '2026-03-02T08:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    holders = new CardHolders(service, simulator, database);
    await raiseMatureFleet(service);
    for (let talk = 0; talk < TALKS; talk += 1) await live(2 * talk);
    // What is still on its way arrives, and is taken note of.
    await simulator.advance(DAY, DAY / 2);
  });

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const status = (line: string, to: string): Promise<unknown> =>
    ok(simulator.control.post(`/lines/${line}/status`, { status: to }));
  const lineOn = async (number: string) =>
    (await linesOf(service)).find(({ phoneNumber }) => phoneNumber === number)!;
  const [retired = '', flagged = ''] = numbers;

  async function live(day: number): Promise<void> {
    if (day === 6) await verb(retired, 'drain');
    if (day === 14) await verb(retired, 'retire');
    if (day === 16) await status(flagged, 'FLAGGED');
    if (day === 20) await status(flagged, 'ACTIVE');
    // Somewhen in the day, and a minute before cards are looked after.
    const now = (await simulator.now()) / 1_000;
    const start =
      (Math.floor(now / DAY) + 2) * DAY + (1 + Math.floor(random() * 287)) * 300 - MINUTE;
    await simulator.advance(start - now, DAY);
    const writers = holders.all.filter(({ stopped }) => !stopped && happens(0.5));
    if (holders.all.length < PEOPLE && happens(0.8)) writers.push(await newcomer());
    for (const each of writers) await holders.write(each, await numberFor(each));
    await simulator.advance(20, 20);
    for (const each of writers) if (happens(0.8)) await holders.answer(each);
    await strike();
    await simulator.advance(2 * MINUTE, 2 * MINUTE);
    await ok(simulator.control.delete('/faults'));
    const someone = pick(holders.all);
    if (someone && happens(0.3)) await holders.confirm(someone);
    if (someone && !someone.stopped && happens(0.05)) await stop(someone);
  }

  async function newcomer(): Promise<Holder> {
    const device = happens(0.3) ? 'android' : 'iphone';
    const holder = await holders.join({ device, saves: happens(0.5) });
    if (happens(0.3)) await holders.openLink(holder);
    return holder;
  }

  /** The line they are on, as a rule; now and then another number they hold. */
  async function numberFor(holder: Holder): Promise<string> {
    const place = (await holders.places()).get(holder.handle);
    holder.writesTo = place?.line ?? holder.writesTo;
    const others = [...(await holders.held(holder)).keys()].filter((each) => each !== retired);
    return happens(0.15) ? (pick(others) ?? holder.writesTo) : holder.writesTo;
  }

  /** Something that may befall the cards of this hour. */
  async function strike(): Promise<void> {
    const path = '/v3/chats/*/messages';
    const fault = pick([
      { kind: 'failed-message' },
      { kind: 'lost-answer', path, method: 'POST' },
      { kind: 'error', path, method: 'POST', status: 503 },
      { kind: 'error', path: '/v3/attachments', method: 'POST', status: 500 },
      { kind: 'doubled-webhook', event: 'message.sent' },
    ]);
    if (happens(0.8)) await ok(simulator.control.post('/faults', fault));
  }

  async function stop(holder: Holder): Promise<void> {
    holder.stopped = true;
    await holders.write(holder, holder.writesTo, 'STOP');
  }

  async function verb(number: string, name: string): Promise<void> {
    const { id } = await lineOn(number);
    await ok(service.admin.post(`/v1/admin/lines/${id}/${name}`, { reason }));
  }

  it('the ledger has of everybody the numbers that they hold, each as surely as they hold it', async () => {
    const ledger = await holders.ledger();
    const seen = new Set<Degree>();
    for (const holder of holders.all) {
      const held = await holders.held(holder);
      for (const degree of held.values()) seen.add(degree);
      const said = ledger.get(holder.handle) ?? new Map<string, Degree>();
      expect(Object.fromEntries([...said].sort())).toEqual(Object.fromEntries([...held].sort()));
    }
    // The month had something of everything.
    expect([...seen].sort()).toEqual(['delivered', 'known', 'sent']);
    expect(holders.all).toHaveLength(PEOPLE);
  });

  it('nobody got a second card, though some failed on their way and were sent anew', async () => {
    for (const holder of holders.all) {
      expect((await holders.belongings(holder)).cards.length).toBeLessThanOrEqual(1);
    }
    const states = await database.query<{ state: string; n: number }>(
      'SELECT state, count(*)::int AS n FROM card_messages GROUP BY state ORDER BY state',
    );
    expect(states.map(({ state }) => state)).toEqual(['delivered', 'failed', 'sent']);
  });

  it('the coverage of each line is what its loss then does', async () => {
    const lost = new Set([retired]);
    let stranded = 0;
    let moved = 0;
    for (const number of numbers.filter((each) => each !== retired)) {
      const { id } = await lineOn(number);
      const before = await holders.places();
      const own = holders.all.filter(({ handle }) => before.get(handle)?.line === number);
      const usable = new Map<Holder, Map<string, Degree>>();
      for (const holder of own) {
        const held = await holders.held(holder);
        usable.set(holder, new Map([...held].filter(([n]) => n !== number && !lost.has(n))));
      }
      const atLeast = (degrees: readonly Degree[]): number =>
        own.filter((each) => [...usable.get(each)!.values()].some((d) => degrees.includes(d)))
          .length;
      const { lines } = await ok(
        service.admin.get<{ lines: (Coverage & { lineId: string })[] }>('/v1/admin/coverage'),
      );
      const { users, sent, delivered, known } = lines.find(({ lineId }) => lineId === id)!;
      const people = (share: number): number => (users === 0 ? 0 : Math.round(share * users));
      expect({
        users,
        sent: people(sent),
        delivered: people(delivered),
        known: people(known),
      }).toEqual({
        users: own.length,
        sent: atLeast(['sent', 'delivered', 'known']),
        delivered: atLeast(['delivered', 'known']),
        known: atLeast(['known']),
      });
      await status(number, 'FLAGGED');
      await simulator.advance(MINUTE);
      lost.add(number);
      const after = await holders.places();
      for (const holder of own) {
        const { line = '', state } = after.get(holder.handle) ?? {};
        const targets = [...usable.get(holder)!.keys()];
        if (targets.length === 0) expect([line, state]).toEqual([number, 'needs-introduction']);
        else expect([targets.includes(line), state]).toEqual([true, 'confirmed']);
        if (targets.length === 0) stranded += 1;
        else moved += 1;
      }
    }
    expect(moved).toBeGreaterThan(0);
    expect(stranded).toBeGreaterThan(0);
  });
});
