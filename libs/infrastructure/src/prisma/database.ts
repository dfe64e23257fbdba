import { PrismaPg } from '@prisma/adapter-pg';
import { Pool, type PoolConfig } from 'pg';
import type { Ask, Prepared } from './ask';
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
/** The same until a transaction ends. */
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

export interface TransactionSettings {
  /** Milliseconds that it may wait for a connection. */
  readonly maxWait: number;
  /** Milliseconds that it may take. */
  readonly timeout: number;
  /** Whether what is asked in it is prepared, and finds rows by their keys alone. */
  readonly often?: boolean;
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
    this.pool = poolOf(NotingPool, { connectionString: databaseUrl, max: MAX_CONNECTIONS });
    this.hot = poolOf(Pool, {
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
  transaction<T>(
    work: (db: Db, ask: Ask) => Promise<T>,
    { often = false, ...limits }: TransactionSettings,
  ): Promise<T> {
    const held: HeldConnection = { client: null };
    const run: RunStatement = async (statement) => {
      if (!held.client) throw new Error('The transaction has ended');
      return held.client.query(statement);
    };
    return this.pool.noting(held, () =>
      this.prisma.$transaction(async (tx) => {
        const db = withRawStatements(tx, run);
        if (often) await db.$queryRawUnsafe(BY_KEYS_LOCALLY);
        return work(db, often ? askPrepared(run) : askUnprepared(db));
      }, limits),
    );
  }

  /** For the paths of every message. */
  readonly ask: Ask = askPrepared((statement) => this.hot.query(statement));

  async close(): Promise<void> {
    await this.prisma.$disconnect();
    await this.hot.end();
    await this.presence.close();
    if (!this.pool.ended) await this.pool.end();
  }
}

function askPrepared(run: RunStatement): Ask {
  return async <Row extends object>({ name, text }: Prepared, values: readonly unknown[]) =>
    (await run({ name, text, values: [...values] })).rows as Row[];
}

function poolOf<P extends Pool>(Kind: new (settings: PoolConfig) => P, settings: PoolConfig): P {
  const pool = new Kind({ ...settings, connectionTimeoutMillis: 10_000 });
  // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  return pool;
}
