import { expectBooksToAgree, mostConversationsBegun } from './books';
import { createTestDatabase, type TestDatabase } from './database';
import {
  type LineAnswer,
  lineNumbers,
  linesOf,
  onboard,
  personNumber,
  type Problem,
  type SendAnswer,
  sendNoCards,
} from './fleet';
import { type Http, ok } from './http';
import { People, type Person } from './people';
import { TestSimulator } from './simulator';

const HOUR = 3_600;
/** Steps of the clock while nobody talks. */
const QUIET = 9 * HOUR;
const LINES = 5;
const PEOPLE = 12;
/** Two messages in and two out. */
const PER_DAY = 4;

interface Place {
  readonly line: { readonly phoneNumber: string };
  readonly state: string;
}

/** The service under test: one process or several. */
export interface MonthService {
  readonly admin: Http;
  readonly app: Http;
  /** What befalls it while the clock runs on. */
  readonly disturb?: () => Promise<void>;
  stop(): Promise<void>;
}

/** Thirty days of a fleet, from five new numbers to a lost line and its return. */
export function aMonth(
  start: (database: TestDatabase, simulator: TestSimulator) => Promise<MonthService>,
): void {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: MonthService;
  let people: People;
  const sends: SendAnswer[] = [];

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(LINES) }),
    ]);
    service = await start(database, simulator);
    people = new People(service, simulator);
  });

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  /** Everybody writes in the morning and in the afternoon, and is answered. */
  async function day(): Promise<void> {
    await Promise.all([simulator.advance(9 * HOUR, QUIET), service.disturb?.()]);
    await talk();
    await simulator.advance(6 * HOUR, QUIET);
    await talk();
    await simulator.advance(9 * HOUR, QUIET);
  }

  async function talk(): Promise<void> {
    await people.write(people.all);
    await simulator.advance(60, 60);
    for (const person of people.all) sends.push(await people.send(person, 'reply'));
    await simulator.advance(60, 60);
  }

  async function line(phoneNumber: string): Promise<LineAnswer> {
    const found = (await linesOf(service)).find((each) => each.phoneNumber === phoneNumber);
    if (!found) throw new Error(`No line ${phoneNumber}`);
    return found;
  }

  async function placeOf({ userId }: Person): Promise<Place> {
    const answer = await ok(
      service.app.get<{ assignment: Place }>(`/v1/users/${userId}/assignment`),
    );
    return answer.assignment;
  }

  it('registers new lines, which take nobody before they are warm', async () => {
    await ok(
      service.admin.post('/v1/admin/lines/import', {
        start: 'new',
        autoTyping: 'off',
        waivedChecks: ['webhook'],
        reason: 'a new fleet, which nobody has written to yet',
      }),
    );
    // Some are given no card, and are lost sight of with their line: the app alone gives them here.
    await sendNoCards(service);
    const lines = await linesOf(service);
    expect(lines.map(({ adminState }) => adminState)).toEqual(Array(LINES).fill('warming'));
    const early = await service.app.post<Problem & { nextCapacityAt: string }>('/v1/users', {
      handle: personNumber(0),
      startedBy: 'inbound',
    });
    expect(early.body).toMatchObject({
      code: 'fleet.no_capacity',
      reasons: { warming: LINES },
      nextCapacityAt: '2026-03-09T00:00:00.000Z',
    });
  });

  it('puts them into service by itself once they are warm', async () => {
    await simulator.advance(7 * 24 * HOUR - 60, 24 * HOUR);
    for (const each of await linesOf(service)) expect(each.adminState).toBe('warming');
    await simulator.advance(600, 300);
    for (const each of await linesOf(service)) {
      expect(each).toMatchObject({ adminState: 'enabled', health: 'healthy', todayCap: 150 });
    }
  });

  it('ramps as people come and talk, by its formula', async () => {
    for (let i = 0; i < 4; i += 1) {
      for (let joined = 0; joined < 10 && people.all.length < PEOPLE; joined += 1) {
        if ((await people.join(PER_DAY)) === null) break;
      }
      await day();
    }
    expect(people.all).toHaveLength(PEOPLE);
    const lines = await linesOf(service);
    expect(lines.reduce((sum, { users }) => sum + users, 0)).toBe(PEOPLE);
    expect(Math.max(...lines.map(({ goodDays }) => goodDays))).toBeGreaterThan(0);
    for (const each of lines) {
      const cap = Math.min(3_000, Math.round(150 * 1.25 ** each.goodDays), 300);
      expect(each.todayCap).toBe(cap);
      expect(each.usedLast24h).toBeLessThanOrEqual(each.todayCap);
    }
    await expectBooksToAgree(service, simulator);
  });

  describe('when the provider flags the busiest line', () => {
    let lost: LineAnswer;
    let itsPeople: Person[];

    beforeAll(async () => {
      const lines = await linesOf(service);
      lost = lines.reduce((most, each) => (each.users > most.users ? each : most));
      itsPeople = people.all.filter(({ writesTo }) => writesTo === lost.phoneNumber);
      expect(itsPeople.length).toBe(lost.users);
      await simulator.control.post(`/lines/${lost.phoneNumber}/status`, { status: 'FLAGGED' });
      await simulator.advance(5 * 60, 60);
    });

    it('moves each of its users to a number on their own card, or lists them', async () => {
      expect(await line(lost.phoneNumber)).toMatchObject({ health: 'ejected' });
      let moved = 0;
      for (const person of itsPeople) {
        const { line: now, state } = await placeOf(person);
        if (state === 'needs-introduction') {
          expect(person.card).toEqual([]);
          continue;
        }
        moved += 1;
        expect(state).toBe('confirmed');
        expect(now.phoneNumber).not.toBe(lost.phoneNumber);
        expect(person.card).toContain(now.phoneNumber);
      }
      expect(moved).toBe(itsPeople.filter(({ card }) => card.length > 0).length);
      expect(moved).toBeGreaterThan(0);
    });

    it('answers them without ever using the lost line, each target within its day', async () => {
      const before = sends.length;
      // Every other one of them writes to the number they were moved to, the rest to the one they had.
      for (const [i, person] of itsPeople.entries()) {
        const { line: now, state } = await placeOf(person);
        if (i % 2 === 0 && state === 'confirmed') person.writesTo = now.phoneNumber;
      }
      await day();
      const since = sends.slice(before);
      expect(since.some(({ decision }) => decision === 'send')).toBe(true);
      for (const { decision, line: used } of since) {
        if (decision === 'send') expect(used?.phoneNumber).not.toBe(lost.phoneNumber);
      }
      const books = await simulator.books();
      expect(mostConversationsBegun(books, 24)).toBeLessThanOrEqual(50);
    });

    it('places newcomers elsewhere', async () => {
      const newcomer = await onboard(service, personNumber(900), { expectedMessagesPerDay: 2 });
      const { line: primary, fallbacks } = newcomer.assignment;
      expect([primary, ...fallbacks].map((each) => each.phoneNumber)).not.toContain(
        lost.phoneNumber,
      );
    });

    it('takes it back after its ban, and ramps it from the start', async () => {
      // The ban is over, but the provider has not said that the line is well.
      expect((await line(lost.phoneNumber)).health).toBe('ejected');
      await simulator.control.post(`/lines/${lost.phoneNumber}/status`, { status: 'ACTIVE' });
      await day();
      const back = await line(lost.phoneNumber);
      expect(back).toMatchObject({ adminState: 'enabled', health: 'healthy', ramping: true });
      expect(back.todayCap).toBeLessThanOrEqual(Math.round(150 * 1.25 ** 2));
    });

    it('has lost nobody at the end of the month', async () => {
      await day();
      const monthEnds = Date.parse('2026-04-01T00:00:00.000Z');
      await simulator.advance((monthEnds - (await simulator.now())) / 1_000, 24 * HOUR);
      const lines = new Map((await linesOf(service)).map((each) => [each.phoneNumber, each]));
      const rows = await database.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM assignments GROUP BY user_id',
      );
      expect(rows).toHaveLength(PEOPLE + 1);
      expect(rows.every(({ n }) => n === 1)).toBe(true);
      for (const person of people.all) {
        const { line: now, state } = await placeOf(person);
        expect(['confirmed', 'overflow']).toContain(state);
        expect(lines.get(now.phoneNumber)).toMatchObject({
          adminState: 'enabled',
          health: 'healthy',
        });
      }
      for (const each of lines.values())
        expect(each.usedLast24h).toBeLessThanOrEqual(each.todayCap);
      await expectBooksToAgree(service, simulator);
    });
  });
}
