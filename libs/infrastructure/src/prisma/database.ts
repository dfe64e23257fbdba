import { PrismaPg } from '@prisma/adapter-pg';
import { Pool, type PoolConfig } from 'pg';
import { type Prisma, PrismaClient } from './generated/client';
import { Presence } from './presence';
import type { Ask, Prepared } from './ask';
import { CheckedOut } from './checked-out';

/** Connections of one process: requests, the drain and jobs share them; PostgreSQL takes 100 by default. */
const MAX_CONNECTIONS = 14;
/** Beside those, so that no job keeps a message waiting. */
const MAX_HOT_CONNECTIONS = 6;
/**
 * Statements that are prepared find single rows by their keys. One that is planned while its tables are empty, and
 * kept, would read them whole when they are large; and compiling it would take longer than running it.
 */
const BY_KEYS = '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off';

const BY_KEYS_LOCALLY = `SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
  set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)`;

export type { Ask, Prepared } from './ask';

/** A client, or the same within a transaction. */
export type Db = Prisma.TransactionClient;

/** Within a transaction, or wherever there is nothing but the client. */
export function askUnprepared(db: Db): Ask {
  return <Row>({ text }: Prepared, values: readonly unknown[]) =>
    db.$queryRawUnsafe<Row[]>(text, ...values);
}

/** The connection to PostgreSQL of one process. */
export class PrismaDatabase {
  private readonly pool: Pool;
  private readonly hot: Pool;
  private readonly checkedOut: CheckedOut;
  readonly client: PrismaClient;
  readonly presence: Presence;

  constructor(databaseUrl: string) {
    this.pool = poolOf({ connectionString: databaseUrl, max: MAX_CONNECTIONS });
    this.checkedOut = new CheckedOut(this.pool);
    this.hot = poolOf({
      connectionString: databaseUrl,
      max: MAX_HOT_CONNECTIONS,
      options: BY_KEYS,
    });
    this.presence = new Presence(databaseUrl);
    // Longer formats print the values of a query, which may be somebody's number.
    this.client = new PrismaClient({ adapter: new PrismaPg(this.pool), errorFormat: 'minimal' });
  }

  /** For the paths of every message. */
  readonly ask: Ask = async <Row extends object>(
    { name, text }: Prepared,
    values: readonly unknown[],
  ) => (await this.hot.query<Row>({ name, text, values: [...values] })).rows;

  /**
   * Runs `begin`, which begins a transaction of the client; `ask` there prepares its statements on the connection of that
   * transaction, and finds rows by their keys alone until it ends.
   */
  often<T>(begin: (ask: (db: Db) => Promise<Ask>) => Promise<T>): Promise<T> {
    return this.checkedOut.during((connection) =>
      begin(async (db) => {
        const ask = connection();
        // One that cannot be told from others is asked through the client: slower, and never of another transaction.
        if (ask === null) return askUnprepared(db);
        await db.$executeRawUnsafe(BY_KEYS_LOCALLY);
        return ask;
      }),
    );
  }

  async close(): Promise<void> {
    await this.client.$disconnect();
    await this.hot.end();
    await this.presence.close();
    if (!this.pool.ended) await this.pool.end();
  }
}

function poolOf(settings: PoolConfig): Pool {
  const pool = new Pool({ ...settings, connectionTimeoutMillis: 10_000 });
  // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  return pool;
}
