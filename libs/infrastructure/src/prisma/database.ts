import { PrismaPg } from '@prisma/adapter-pg';
import type { Pool, PoolConfig } from 'pg';
import { type Prisma, PrismaClient } from './generated/client';
import { type HeldConnection, NotingPool } from './noting-pool';
import { Presence } from './presence';
import { type RunStatement, withRawStatements } from './raw-statements';

/** Connections of one process: requests, the drain and jobs share them; PostgreSQL takes 100 by default. */
const MAX_CONNECTIONS = 14;
/** Beside those, so that no job keeps a message waiting. */
const MAX_HOT_CONNECTIONS = 6;
/**
 * Statements that are prepared find single rows by their keys. One that is planned while its tables are empty, and
 * kept, would read them whole when they are large; and compiling it would take longer than running it.
 */
const BY_KEYS = '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off';

/** A client, or the same within a transaction. */
export type Db = Prisma.TransactionClient;

/** A statement that PostgreSQL plans once a connection; planning a long one takes longer than running it. */
export interface Prepared {
  readonly name: string;
  readonly text: string;
}

/** Runs a statement that is prepared where that is possible. */
export type Ask = <Row extends object>(
  statement: Prepared,
  values: readonly unknown[],
) => Promise<Row[]>;

/** Within a transaction, or wherever there is nothing but the client. */
export function askUnprepared(db: Db): Ask {
  return <Row>({ text }: Prepared, values: readonly unknown[]) =>
    db.$queryRawUnsafe<Row[]>(text, ...values);
}

/** Milliseconds that a transaction may wait for a connection, and then take. */
export interface TransactionLimits {
  readonly maxWait: number;
  readonly timeout: number;
}

/** The connection to PostgreSQL of one process. */
export class PrismaDatabase {
  private readonly pool: NotingPool;
  private readonly hot: Pool;
  private readonly prisma: PrismaClient;
  /** For single statements. */
  readonly client: Db;
  readonly presence: Presence;

  constructor(databaseUrl: string) {
    this.pool = poolOf({ connectionString: databaseUrl, max: MAX_CONNECTIONS });
    this.hot = poolOf({
      connectionString: databaseUrl,
      max: MAX_HOT_CONNECTIONS,
      options: BY_KEYS,
    });
    this.presence = new Presence(databaseUrl);
    // Longer formats print the values of a query, which may be somebody's number.
    this.prisma = new PrismaClient({ adapter: new PrismaPg(this.pool), errorFormat: 'minimal' });
    this.client = withRawStatements(this.prisma, (statement) => this.pool.query(statement));
  }

  /** All of it or nothing, in PostgreSQL's default isolation. Nothing is run on its connection once it has ended. */
  transaction<T>(work: (db: Db) => Promise<T>, limits: TransactionLimits): Promise<T> {
    const held: HeldConnection = { client: null };
    const run: RunStatement = async (statement) => {
      if (!held.client) throw new Error('The transaction has ended');
      return held.client.query(statement);
    };
    return this.pool.noting(held, () =>
      this.prisma.$transaction((tx) => work(withRawStatements(tx, run)), limits),
    );
  }

  /** For the paths of every message. */
  readonly ask: Ask = async <Row extends object>(
    { name, text }: Prepared,
    values: readonly unknown[],
  ) => (await this.hot.query<Row>({ name, text, values: [...values] })).rows;

  async close(): Promise<void> {
    await this.prisma.$disconnect();
    await this.hot.end();
    await this.presence.close();
    if (!this.pool.ended) await this.pool.end();
  }
}

function poolOf(settings: PoolConfig): NotingPool {
  const pool = new NotingPool({ ...settings, connectionTimeoutMillis: 10_000 });
  // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  return pool;
}
