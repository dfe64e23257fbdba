import type { BudgetLedger, UsageHistory } from '@linekeeper/application';
import { DAY_MS, HOUR_MS, MINUTE_MS, type ReserveLimits } from '@linekeeper/domain';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { InMemoryBudgetLedger } from '../../libs/infrastructure/src/memory/in-memory-budget-ledger';
import { PrismaDatabase } from '../../libs/infrastructure/src/prisma/database';
import { PostgresBudgetLedger } from '../../libs/infrastructure/src/prisma/postgres-budget-ledger';
import { PrismaUnitOfWork } from '../../libs/infrastructure/src/prisma/unit-of-work';
import { PrismaUsageHistory } from '../../libs/infrastructure/src/prisma/usage-history';
import { connectRedis, reachRedis } from '../../libs/infrastructure/src/redis/connection';
import { RedisBudgetLedger } from '../../libs/infrastructure/src/redis/redis-budget-ledger';
import { SecureRandom } from '../../libs/infrastructure/src/system/chance';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { type Ask, insertPool, LedgerBooks } from '../support/ledger-books';
import { redisServerPath, TestRedis } from '../support/redis';

const START = Date.UTC(2026, 9, 6, 12, 34, 56, 789);

/** Small numbers, so that every limit is met within a few steps. */
const COMMON = {
  pairPer60s: 6,
  loopPerHour: 12,
  newConversationsPer24h: 5,
  newConversationsPerHour: 3,
  maxOpenHolds: 6,
  holdMs: 35 * MINUTE_MS,
};
const LIMITS = {
  reply: { ...COMMON, ceiling: null, hourCap: null, minuteCap: null, newConversation: false },
  proactive: { ...COMMON, ceiling: 28, hourCap: 20, minuteCap: 8, newConversation: false },
  first: { ...COMMON, ceiling: 34, hourCap: 20, minuteCap: 8, newConversation: true },
} satisfies Record<string, ReserveLimits>;
type Kind = keyof typeof LIMITS;

const PEOPLE = Array.from({ length: 4 }, () => randomUUID());
const index = fc.nat(11);
const anyStep = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      index,
      person: fc.constantFrom(...PEOPLE),
      units: fc.integer({ min: 1, max: 3 }),
      kind: fc.constantFrom<Kind>('reply', 'proactive', 'proactive', 'first'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.oneof(
        fc.integer({ min: 0, max: 2 * MINUTE_MS }),
        fc.integer({ min: 0, max: 30 * HOUR_MS }),
        fc.constantFrom(MINUTE_MS, HOUR_MS, COMMON.holdMs, DAY_MS),
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('see' as const), index }) },
  fc.record({ do: fc.constant('release' as const), index }),
  fc.record({
    do: fc.constant('count' as const),
    late: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30 * HOUR_MS })),
    direction: fc.constantFrom('in' as const, 'out' as const),
  }),
  fc.record({ do: fc.constant('lose' as const) }),
);

interface Subject {
  readonly make: () => BudgetLedger;
  /** All that the ledger holds is lost, between two steps. */
  readonly lose: () => Promise<void>;
}

const leftOut = redisServerPath === undefined ? ' (left out: no redis-server is installed)' : '';

describe('A budget ledger', () => {
  let database: TestDatabase;
  let prisma: PrismaDatabase;
  let unitOfWork: PrismaUnitOfWork;
  let history: UsageHistory;
  let server: TestRedis | null = null;
  let redis: Redis | null = null;
  let poolId: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    prisma = new PrismaDatabase(database.url);
    unitOfWork = new PrismaUnitOfWork(prisma, new SecureRandom(), {
      write: () => undefined,
    });
    history = new PrismaUsageHistory(prisma.client);
    poolId = await insertPool(database);
    if (redisServerPath === undefined) return;
    server = await TestRedis.start();
    // What is slow on a busy machine is another test's business.
    redis = connectRedis(server.url, { commandTimeoutMs: 10_000 });
    await reachRedis(redis, 10_000);
  });

  afterAll(async () => {
    redis?.disconnect();
    await server?.stop();
    await prisma.close();
    await database.drop();
  });

  const subjects: Record<string, Subject> = {
    'in memory': {
      make: () => new InMemoryBudgetLedger(history),
      lose: () => Promise.resolve(),
    },
    'in PostgreSQL': {
      make: () => new PostgresBudgetLedger(prisma),
      lose: () => Promise.resolve(),
    },
    'in Redis': {
      make: () => new RedisBudgetLedger(theRedis(), 'test', history, new SecureRandom()),
      lose: async () => {
        await theRedis().flushall();
      },
    },
  };

  function theRedis(): Redis {
    if (!redis) throw new Error('There is no Redis here');
    return redis;
  }

  for (const [name, subject] of Object.entries(subjects)) {
    const needsRedis = name === 'in Redis';
    const suite = needsRedis && redisServerPath === undefined ? describe.skip : describe;

    suite(`${name}${needsRedis ? leftOut : ''}`, () => {
      it('answers as the rules do, whatever happens and however often it loses everything', async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 40 }), async (steps) => {
            let ledger = subject.make();
            const books = await LedgerBooks.open(poolId, database, unitOfWork, () => ledger);
            const ids = Array.from({ length: 12 }, () => randomUUID());
            let now = START;
            for (const step of steps) {
              switch (step.do) {
                case 'wait':
                  now += step.ms;
                  break;
                case 'reserve': {
                  const { person: recipient, units, kind } = step;
                  const id = ids[step.index] ?? '';
                  // A used id is never asked for again once its hold is over: ids are the gate's own.
                  if (books.isSpent(id)) break;
                  const ask: Ask = { id, recipient, units, now, limits: LIMITS[kind] };
                  const { answer, expected } = await books.reserve(ask);
                  expect(comparable(answer)).toEqual(comparable(expected));
                  break;
                }
                case 'see':
                  await books.see(ids[step.index] ?? '', now);
                  break;
                case 'release':
                  await books.release(ids[step.index] ?? '', now);
                  break;
                case 'count':
                  await books.count(step.direction, now - step.late, now);
                  break;
                case 'lose':
                  await subject.lose();
                  ledger = subject.make();
                  break;
              }
              const usage = await ledger.usage([books.lineId], now);
              expect(usage.get(books.lineId)).toEqual(books.reference.usage(now));
            }
          }),
          { numRuns: 40 },
        );
      }, 300_000);

      it('gives 50 of 200 that ask at once, and no more', async () => {
        const ledger = subject.make();
        const { lineId } = await LedgerBooks.open(poolId, database, unitOfWork, () => ledger);
        const limits = { ...LIMITS.proactive, ceiling: 50, hourCap: null, minuteCap: 1_000 };
        const answers = await Promise.all(
          Array.from({ length: 200 }, () =>
            ledger.reserve({
              id: randomUUID(),
              lineId,
              recipient: randomUUID(),
              units: 1,
              now: START,
              limits: { ...limits, maxOpenHolds: 1_000 },
              todayCap: 3_000,
            }),
          ),
        );
        expect(answers.filter(({ kind }) => kind === 'held')).toHaveLength(50);
        const refused = answers.filter(({ kind }) => kind === 'deferred');
        expect(refused).toHaveLength(150);
        for (const each of refused) expect(each).toMatchObject({ reason: 'budget-ceiling' });
        expect((await ledger.usage([lineId], START)).get(lineId)?.open).toBe(50);
      }, 60_000);

      it('holds one set of units for an id that is asked for many times at once', async () => {
        const ledger = subject.make();
        const { lineId } = await LedgerBooks.open(poolId, database, unitOfWork, () => ledger);
        const request = {
          id: randomUUID(),
          lineId,
          recipient: randomUUID(),
          units: 2,
          now: START,
          limits: LIMITS.proactive,
          todayCap: 3_000,
        };
        const answers = await Promise.all(
          Array.from({ length: 20 }, () => ledger.reserve(request)),
        );
        for (const answer of answers) {
          expect(answer).toMatchObject({ kind: 'held', expiresAt: START + COMMON.holdMs });
        }
        expect((await ledger.usage([lineId], START)).get(lineId)?.open).toBe(2);
      });

      it('keeps a hold whose row is not written yet through a rebuild', async () => {
        const ledger = subject.make();
        const { lineId } = await LedgerBooks.open(poolId, database, unitOfWork, () => ledger);
        const ask = (id: string, now: number) =>
          ledger.reserve({
            id,
            lineId,
            recipient: PEOPLE[0] ?? '',
            units: 1,
            now,
            limits: LIMITS.proactive,
            todayCap: 3_000,
          });
        await ask(randomUUID(), START);
        await ledger.rebuild(START + 1_000);
        expect((await ledger.usage([lineId], START + 1_000)).get(lineId)?.open).toBe(1);
      });
    });
  }
});

/** An answer without what it said of the use at the time, which a restored hold no longer knows. */
function comparable(answer: Awaited<ReturnType<LedgerBooks['reserve']>>['answer']): object {
  if (answer.kind === 'deferred') return answer;
  return { kind: answer.kind, expiresAt: answer.expiresAt };
}
