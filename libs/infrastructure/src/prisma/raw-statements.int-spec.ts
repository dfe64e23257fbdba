import { createTestDatabase, type TestDatabase } from '../../../../test/support/database';
import { until } from '../../../../test/support/until';
import { type Db, PrismaDatabase } from './database';
import { Prisma } from './generated/client';

const LIMITS = { maxWait: 5_000, timeout: 5_000 };

describe('Raw statements', () => {
  let testDatabase: TestDatabase;
  let database: PrismaDatabase;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    database = new PrismaDatabase(testDatabase.url);
    await database.client.$executeRaw`CREATE TABLE notes (text text PRIMARY KEY)`;
  });

  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });

  const connectionOf = async (db: Db): Promise<number> => {
    const [row] = await db.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
    return row?.pid ?? 0;
  };
  const notes = async (): Promise<string[]> => {
    const rows = await database.client.$queryRaw<
      { text: string }[]
    >`SELECT text FROM notes ORDER BY text`;
    return rows.map(({ text }) => text);
  };
  const policyVersions = (db: Db): Promise<number> => db.policyVersion.count();

  it('of a transaction see what its models wrote, and are undone with it', async () => {
    const before = await policyVersions(database.client);
    const failing = database.transaction(async (tx) => {
      await tx.$executeRaw`INSERT INTO notes VALUES ('undone')`;
      await tx.policyVersion.create({
        data: { version: 77, document: {}, actor: 'a', reason: 'r', createdAt: new Date(0) },
      });
      const [row] = await tx.$queryRaw<
        { n: number }[]
      >`SELECT count(*)::int AS n FROM policy_versions`;
      expect(row?.n).toBe(before + 1);
      throw new Error('on second thoughts');
    }, LIMITS);
    await expect(failing).rejects.toThrow('on second thoughts');
    expect(await notes()).not.toContain('undone');
    expect(await policyVersions(database.client)).toBe(before);
  });

  it('stay on the connection of their own transaction, however many run at once', async () => {
    const connections = await Promise.all(
      Array.from({ length: 8 }, (_each, i) =>
        database.transaction(async (tx) => {
          const first = await connectionOf(tx);
          await tx.$executeRaw`INSERT INTO notes VALUES (${`kept ${i}`})`;
          await tx.policyVersion.count();
          expect(await connectionOf(tx)).toBe(first);
          return first;
        }, LIMITS),
      ),
    );
    expect(new Set(connections).size).toBe(8);
    expect((await notes()).filter((text) => text.startsWith('kept'))).toHaveLength(8);
  });

  it('are refused once their transaction has ended', async () => {
    const ended = await database.transaction((tx) => Promise.resolve(tx), LIMITS);
    await expect(ended.$executeRaw`INSERT INTO notes VALUES ('too late')`).rejects.toThrow(
      'The transaction has ended',
    );
    expect(await notes()).not.toContain('too late');
  });

  it('are refused once their transaction took too long and was undone, although its work goes on', async () => {
    const late = database.transaction(
      async (tx) => {
        const pid = await connectionOf(tx);
        await until(async () => {
          const [row] = await testDatabase.query<{ over: boolean }>(
            'SELECT xact_start IS NULL AS over FROM pg_stat_activity WHERE pid = $1',
            [pid],
          );
          return row?.over ?? false;
        });
        await tx.$executeRaw`INSERT INTO notes VALUES ('by itself')`;
      },
      { maxWait: 5_000, timeout: 200 },
    );
    await expect(late).rejects.toThrow('The transaction has ended');
    expect(await notes()).not.toContain('by itself');
  });

  it('within another one are of the inner transaction', async () => {
    await database.transaction(async (outer) => {
      const there = await connectionOf(outer);
      const here = await database.transaction(connectionOf, LIMITS);
      expect(here).not.toBe(there);
      expect(await connectionOf(outer)).toBe(there);
    }, LIMITS);
  });

  it('count what they changed, and take statements in parts', async () => {
    const some = Prisma.sql`text LIKE ${'kept%'}`;
    expect(await database.client.$executeRaw`UPDATE notes SET text = text WHERE ${some}`).toBe(8);
    expect(await database.client.$queryRaw(Prisma.sql`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
  });

  it('give whole numbers of eight bytes as Prisma does', async () => {
    const rows = await database.client.$queryRaw`
      SELECT 9007199254740993::bigint AS one, ARRAY[1, NULL]::bigint[] AS some, NULL::bigint AS none`;
    expect(rows).toEqual([{ one: 9007199254740993n, some: [1n, null], none: null }]);
  });
});
