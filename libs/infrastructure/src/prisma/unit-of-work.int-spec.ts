import { LeaseLost, type PoolRecord, type Stores } from '@linekeeper/application';
import { randomUUID } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/database';
import { SecureRandom } from '../system/chance';
import { PrismaDatabase } from './database';
import { PrismaUnitOfWork } from './unit-of-work';

const NOW = Date.UTC(2026, 9, 6, 12);
const TTL_MS = 120_000;

function aPool(slug: string): PoolRecord {
  return {
    id: randomUUID(),
    slug,
    name: slug,
    timeZone: 'UTC',
    cardProfile: { name: slug },
    cardRevisedAt: NOW,
    createdAt: NOW,
    learned: null,
  };
}

describe('Work under a lease', () => {
  let testDatabase: TestDatabase;
  let database: PrismaDatabase;
  let unitOfWork: PrismaUnitOfWork;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    database = new PrismaDatabase(testDatabase.url);
    unitOfWork = new PrismaUnitOfWork(database, new SecureRandom(), {
      write: () => undefined,
    });
  });

  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });

  const take = async (holder: string, now: number): Promise<bigint> => {
    const token = await unitOfWork.read.leases.take('job', holder, now, TTL_MS);
    if (token === null) throw new Error('The lease is taken');
    return token;
  };
  const write = (slug: string) => (stores: Stores) => stores.pools.insert(aPool(slug));
  const pools = async (): Promise<string[]> =>
    (await unitOfWork.read.pools.list()).map(({ slug }) => slug);

  it('stands while nobody else has taken it, even past its end', async () => {
    const token = await take('first', NOW);
    await unitOfWork.fenced({ name: 'job', token }, () => unitOfWork.run(write('in-time')));
    expect(await pools()).toContain('in-time');
  });

  it('leaves no trace once it has gone to another process, at whatever step the first one wakes up', async () => {
    const token = await take('slow', NOW + TTL_MS);
    await unitOfWork.fenced({ name: 'job', token }, async () => {
      await unitOfWork.run(write('before-the-pause'));
      const next = await take('next', NOW + 2 * TTL_MS);
      await expect(unitOfWork.run(write('after-the-pause'))).rejects.toThrow(LeaseLost);
      await unitOfWork.fenced({ name: 'job', token: next }, () =>
        unitOfWork.run(write('by-the-next')),
      );
    });
    expect(await pools()).toEqual(expect.arrayContaining(['before-the-pause', 'by-the-next']));
    expect(await pools()).not.toContain('after-the-pause');
  });

  it('follows its own job, whichever other jobs end meanwhile or before', async () => {
    const at = NOW + 4 * TTL_MS;
    const stale = await take('stale', at);
    const token = await take('holder', at + 2 * TTL_MS);
    const other = await unitOfWork.read.leases.take('other', 'holder', at, TTL_MS);
    const otherJob = (slug: string): Promise<void> =>
      unitOfWork.fenced({ name: 'other', token: other ?? 0n }, () => unitOfWork.run(write(slug)));
    await otherJob('of-another-before');
    await unitOfWork.fenced({ name: 'job', token: stale }, async () => {
      await otherJob('of-another-meanwhile');
      await expect(unitOfWork.run(write('with-a-stale-lease'))).rejects.toThrow(LeaseLost);
    });
    await unitOfWork.run(write('without-a-job'));
    await unitOfWork.fenced({ name: 'job', token }, () => unitOfWork.run(write('with-its-lease')));
    expect(await pools()).toEqual(
      expect.arrayContaining(['of-another-meanwhile', 'without-a-job', 'with-its-lease']),
    );
    expect(await pools()).not.toContain('with-a-stale-lease');
  });

  it('goes at once to another process when its holder has died, and not while that lives', async () => {
    const dying = new PrismaDatabase(testDatabase.url);
    const theirs = new PrismaUnitOfWork(dying, new SecureRandom(), { write: () => undefined });
    const at = NOW + 8 * TTL_MS;
    const token = await theirs.read.leases.take('job', 'dying', at, TTL_MS);
    expect(await unitOfWork.read.leases.take('job', 'heir', at, TTL_MS)).toBeNull();
    await dying.presence.close();
    expect(await unitOfWork.read.leases.take('job', 'heir', at, TTL_MS)).toBe((token ?? 0n) + 1n);
    await dying.close();
  });

  it('makes who wants the lease wait for a transaction that is under way', async () => {
    const token = await take('writer', NOW + 10 * TTL_MS);
    const order: string[] = [];
    const taking: Promise<unknown>[] = [];
    await unitOfWork.fenced({ name: 'job', token }, () =>
      unitOfWork.run(async (stores) => {
        taking.push(take('waiting', NOW + 12 * TTL_MS).then(() => order.push('taken')));
        await stores.pools.insert(aPool('under-way'));
        order.push('written');
      }),
    );
    await Promise.all(taking);
    expect(order).toEqual(['written', 'taken']);
  });
});

describe('Two transactions that lock each other out', () => {
  it('both come to their end: the one that was broken off is tried again', async () => {
    const testDatabase = await createTestDatabase();
    const database = new PrismaDatabase(testDatabase.url);
    const unitOfWork = new PrismaUnitOfWork(database, new SecureRandom(), {
      write: () => undefined,
    });
    const pools = [aPool('one'), aPool('two')];
    for (const pool of pools) await unitOfWork.read.pools.insert(pool);
    const [one = '', two = ''] = pools.map(({ id }) => id);
    let tries = 0;
    let holding = 0;
    let meet: () => void = () => undefined;
    const both = new Promise<void>((resolve) => (meet = resolve));
    const crossing = (first: string, second: string): Promise<void> =>
      unitOfWork.run(async (stores) => {
        tries += 1;
        await stores.pools.lock(first);
        holding += 1;
        if (holding === 2) meet();
        await both;
        await stores.pools.lock(second);
      });
    await Promise.all([crossing(one, two), crossing(two, one)]);
    expect(tries).toBe(3);
    await database.close();
    await testDatabase.drop();
  });
});

describe('Work that is done with every message', () => {
  let testDatabase: TestDatabase;
  let database: PrismaDatabase;
  let unitOfWork: PrismaUnitOfWork;
  const HOUR = { lineId: randomUUID(), hour: 1, in: 1, out: 0, started: 0 };

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    database = new PrismaDatabase(testDatabase.url);
    unitOfWork = new PrismaUnitOfWork(database, new SecureRandom(), {
      write: () => undefined,
    });
  });

  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });

  const counted = async (): Promise<number> =>
    (await unitOfWork.read.usage.hours([HOUR.lineId], 0, 9)).reduce((sum, row) => sum + row.in, 0);

  it('is one transaction with what is asked through the client: all of it happens, or none', async () => {
    const both = (slug: string, fails: boolean): Promise<void> =>
      unitOfWork.runOften(async (stores) => {
        await stores.usage.add([HOUR], []);
        await stores.pools.insert(aPool(slug));
        await stores.usage.add([HOUR], []);
        // Not for anybody else to see before the end.
        expect(await counted()).toBe(0);
        if (fails) throw new Error('It comes to nothing');
      });
    await expect(both('none-of-it', true)).rejects.toThrow('It comes to nothing');
    expect([await counted(), await unitOfWork.read.pools.list()]).toEqual([0, []]);
    await both('all-of-it', false);
    expect(await counted()).toBe(2);
  });

  it('asks nothing any more once its transaction has ended, on whosever connection that would be', async () => {
    let kept: Stores | null = null;
    await unitOfWork.runOften((stores) => {
      kept = stores;
      return Promise.resolve();
    });
    const late = kept as unknown as Stores;
    await expect(late.usage.add([HOUR], [])).rejects.toThrow('The transaction has ended');
    await expect(
      unitOfWork.runOften((stores) => {
        kept = stores;
        return Promise.reject(new Error('broken off'));
      }),
    ).rejects.toThrow('broken off');
    const later = kept as unknown as Stores;
    await expect(later.usage.add([HOUR], [])).rejects.toThrow('The transaction has ended');
    expect(await counted()).toBe(2);
  });

  it('asks each on its own connection, however many begin at once and whether they fail', async () => {
    const database = new PrismaDatabase(testDatabase.url);
    const limits = { maxWait: 10_000, timeout: 10_000 };
    const told = await Promise.allSettled(
      Array.from({ length: 40 }, (_, i) =>
        database.transaction(
          async (db) => {
            const id = `${i}`;
            await db.$queryRaw`SELECT set_config('test.own', ${id}, true)`;
            // A model goes through Prisma's own connection of the transaction, a raw statement through ours.
            await db.pool.findMany();
            const [own] = await db.$queryRaw<{ id: string }[]>`
              SELECT current_setting('test.own') AS id`;
            if (i % 3 === 0) throw new Error('broken off');
            return own?.id;
          },
          i % 5 === 4 ? { ...limits, maxWait: 0 } : limits,
        ),
      ),
    );
    for (const [i, outcome] of told.entries()) {
      if (outcome.status === 'fulfilled') expect(outcome.value).toBe(`${i}`);
      else expect([i % 3, i % 5]).toEqual(expect.arrayContaining([i % 3 === 0 ? 0 : 4]));
    }
    expect(told.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(20);
    await database.close();
  });

  it('that locks each other out comes to its end in another try', async () => {
    const ids = [randomUUID(), randomUUID()].sort();
    let tries = 0;
    let holding = 0;
    let meet: () => void = () => undefined;
    const both = new Promise<void>((resolve) => (meet = resolve));
    const crossing = (...lineIds: readonly string[]): Promise<void> =>
      unitOfWork.runOften(async (stores) => {
        tries += 1;
        await stores.usage.add([{ ...HOUR, lineId: lineIds[0] ?? '' }], []);
        holding += 1;
        if (holding === 2) meet();
        await both;
        await stores.usage.add([{ ...HOUR, lineId: lineIds[1] ?? '' }], []);
      });
    await Promise.all([crossing(...ids), crossing(...[...ids].reverse())]);
    expect(tries).toBe(3);
    const rows = await unitOfWork.read.usage.hours(ids, 0, 9);
    expect(rows.map((row) => row.in)).toEqual([2, 2]);
  });
});
