import { expectBooksToAgree } from '../support/books';
import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  lineNumbers,
  onboard,
  type Onboarded,
  personNumber,
  raiseMatureFleet,
} from '../support/fleet';
import { type Answer, ok } from '../support/http';
import { KillableService } from '../support/killable-service';
import { expectAliasesToBeBare, expectSumsToAgree } from '../support/recount';
import { TestService } from '../support/service';
import { TestSimulator } from '../support/simulator';

interface User {
  readonly id: string;
  readonly optedOut: boolean;
  readonly handles: readonly { readonly value: string }[];
  readonly assignments: readonly { readonly state: string }[];
}

interface Joined extends Onboarded {
  readonly handle: string;
}

type Api = Pick<TestService, 'app' | 'admin'>;

const LINES = 4;
const PAIRS = 8;

const join = async (service: Api, index: number): Promise<Joined> => {
  const handle = personNumber(index);
  return { ...(await onboard(service, handle)), handle };
};
const merge = (service: Api, into: Joined, other: Joined): Promise<Answer<unknown>> =>
  service.app.post(`/v1/users/${into.user.id}/merge`, { userId: other.user.id, reason: 'a race' });
const userOf = (service: Api, { user }: Joined): Promise<User> =>
  ok(service.app.get<User>(`/v1/users/${user.id}`));

/** Whatever happens to two users while they become one happens to the one. */
describe('Merging while the world goes on', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;
  let pairs: readonly (readonly [Joined, Joined])[];

  beforeEach(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(LINES), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    await raiseMatureFleet(service);
    const people: Joined[] = [];
    for (let i = 0; i < 2 * PAIRS; i += 1) people.push(await join(service, i));
    pairs = Array.from({ length: PAIRS }, (_, i) => {
      const [a, b] = [people[2 * i], people[2 * i + 1]];
      if (!a || !b) throw new Error('Too few people');
      return [a, b] as const;
    });
    await simulator.advance(60);
  });

  afterEach(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  async function expectEverythingInOrder(): Promise<void> {
    await expectSumsToAgree(database);
    await expectAliasesToBeBare(database);
    await expectBooksToAgree(service, simulator);
    for (const pair of pairs) {
      const [one, other] = await Promise.all(pair.map((each) => userOf(service, each)));
      expect(one?.id).toBe(other?.id);
      expect(one?.handles.map(({ value }) => value).sort()).toEqual(
        pair.map(({ handle }) => handle).sort(),
      );
      expect(one?.assignments).toHaveLength(1);
    }
  }

  it('of two that cross one decides, and a ring of three ends as one person', async () => {
    await simulator.text(personNumber(0), pairs[0]?.[0].assignment.line.phoneNumber ?? '', 'Hello');
    const answers = await Promise.all(
      pairs.flatMap(([a, b]) => [merge(service, a, b), merge(service, b, a), merge(service, a, b)]),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const outcomes = answers.map(({ body }) => (body as { outcome: string }).outcome);
    expect(outcomes.filter((outcome) => outcome === 'merged')).toHaveLength(PAIRS);
    await simulator.advance(1);
    await expectEverythingInOrder();

    const [first, second, third] = pairs;
    if (!first || !second || !third) throw new Error('Too few people');
    await Promise.all([
      merge(service, first[0], second[1]),
      merge(service, second[0], third[1]),
      merge(service, third[0], first[1]),
    ]);
    const ids = await Promise.all(
      [...first, ...second, ...third].map(async (each) => (await userOf(service, each)).id),
    );
    expect(new Set(ids).size).toBe(1);
    await expectSumsToAgree(database);
    await expectAliasesToBeBare(database);
  });

  it('loses no word, no stop, no send and no card, and counts each once', async () => {
    const newcomers = Array.from({ length: PAIRS }, (_, i) => personNumber(500 + i));
    await Promise.all([
      ...pairs.map(([a, b]) => merge(service, a, b)),
      ...pairs.flatMap(([a, b]) =>
        [a, b].map(({ handle, assignment }) =>
          simulator.text(handle, assignment.line.phoneNumber, 'Hello'),
        ),
      ),
      // Delivers what was written while the merges go on.
      simulator.advance(2),
      ...pairs.map(([, { user }], i) =>
        i % 2 === 0
          ? ok(service.app.post(`/v1/users/${user.id}/opt-out`, {}))
          : service.app.post('/v1/sends', { userId: user.id }),
      ),
      ...pairs.map(([, { user, contactCard }]) =>
        ok(
          service.app.post(`/v1/users/${user.id}/contact-card/sent`, {
            version: contactCard.version,
            channel: 'link',
          }),
        ),
      ),
      ...pairs.map(async ([, { handle }]) => {
        const again = await onboard(service, handle);
        expect(pairs.flat().map(({ user }) => user.id)).toContain(again.user.id);
      }),
      ...newcomers.map((handle) => onboard(service, handle)),
    ]);
    await simulator.advance(60);
    await expectEverythingInOrder();
    for (const [i, [a]] of pairs.entries()) {
      expect({ i, optedOut: (await userOf(service, a)).optedOut }).toEqual({
        i,
        optedOut: i % 2 === 0,
      });
    }
    const [cards] = await database.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM cards_sent c JOIN users u ON u.id = c.user_id WHERE u.merged_into IS NULL',
    );
    expect(cards?.n).toBe(PAIRS);
    const [days] = await database.query<{ n: number }>(
      `SELECT (SELECT count(*) FROM messages WHERE user_id IS NOT NULL)::int
         - (SELECT sum("in" + out) FROM user_days)::int AS n`,
    );
    expect(days?.n).toBe(0);
  });
});

describe('A merge whose process dies', () => {
  it.each(['PrismaMergeStore.moveRows:before', 'PrismaMergeStore.redirect:after'])(
    'at %s leaves two people or one, and the call again ends in one',
    async (point) => {
      const [database, simulator] = await Promise.all([
        createTestDatabase(),
        TestSimulator.start({ lines: lineNumbers(LINES), start: '2026-03-02T10:00:00.000Z' }),
      ]);
      const service = await KillableService.start(database, simulator);
      try {
        await raiseMatureFleet(service);
        const [a, b] = [await join(service, 1), await join(service, 2)];
        await simulator.text(b.handle, b.assignment.line.phoneNumber, 'Hello');
        await simulator.advance(1);
        await service.arm(point);
        let half: unknown = null;
        await service.survive(async () => {
          if (service.kills > 0) {
            half = await database.query('SELECT 1 FROM users WHERE merged_into IS NOT NULL');
            await expectSumsToAgree(database);
          }
          await ok(merge(service, a, b));
        });
        expect(service.kills).toBe(1);
        expect(half).toEqual([]);
        expect((await userOf(service, b)).id).toBe(a.user.id);
        await expectSumsToAgree(database);
        await expectAliasesToBeBare(database);
      } finally {
        await service.stop();
        await simulator.stop();
        await database.drop();
      }
    },
  );
});
