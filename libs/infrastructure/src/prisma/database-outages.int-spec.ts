import { createTestDatabase, type TestDatabase } from '../../../../test/support/database';
import { PrismaDatabase } from './database';
import { DatabaseOutages } from './database-outages';

describe('An outage of the database', () => {
  const outages = new DatabaseOutages();
  let database: TestDatabase;
  let prisma: PrismaDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    prisma = new PrismaDatabase(database.url);
  });

  afterAll(async () => {
    await prisma.close();
    await database.drop();
  });

  const CUT = 'SELECT pg_terminate_backend(pg_backend_pid())';
  const errorOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => null,
      (error: unknown) => error,
    );

  it('is a connection that is cut, on either pool and within a transaction', async () => {
    const cuts = [
      prisma.client.$queryRawUnsafe(CUT),
      prisma.transaction((tx) => tx.$queryRawUnsafe(CUT), { maxWait: 5_000, timeout: 5_000 }),
      prisma.ask({ name: 'cut', text: CUT }, []),
    ];
    const errors = await Promise.all(cuts.map(errorOf));
    expect(errors.map((error) => outages.explains(error))).toEqual([true, true, true]);
    // The pools are well again.
    expect(await prisma.ask({ name: 'one', text: 'SELECT 1 AS one' }, [])).toEqual([{ one: 1 }]);
  });

  it('is a server that nobody answers for', async () => {
    const nowhere = new PrismaDatabase('postgresql://nobody@127.0.0.1:1/nothing');
    const asked = [
      nowhere.client.$queryRaw`SELECT 1`,
      nowhere.ask({ name: 'x', text: 'SELECT 1' }, []),
    ];
    const errors = await Promise.all(asked.map(errorOf));
    expect(errors.map((error) => outages.explains(error))).toEqual([true, true]);
    await nowhere.close();
  });

  it('is not a statement that is wrong, nor a fault of ours', async () => {
    const wrong = [
      prisma.client.$queryRaw`SELECT nothing`,
      prisma.ask({ name: 'wrong', text: 'SELECT 1 / 0' }, []),
    ];
    const errors = await Promise.all(wrong.map(errorOf));
    expect(errors.map((error) => outages.explains(error))).toEqual([false, false]);
    expect(outages.explains(new TypeError('undefined is not a function'))).toBe(false);
    expect(outages.explains('57P01')).toBe(false);
  });
});
