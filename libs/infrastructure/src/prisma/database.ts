import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { type Prisma, PrismaClient } from './generated/client';

/** Connections of one process: requests, the drain and jobs share them; PostgreSQL takes 100 by default. */
const MAX_CONNECTIONS = 20;

/** A client, or the same within a transaction. */
export type Db = Prisma.TransactionClient;

/** The connection to PostgreSQL of one process. */
export class PrismaDatabase {
  private readonly pool: Pool;
  readonly client: PrismaClient;

  constructor(databaseUrl: string) {
    this.pool = new Pool({
      connectionString: databaseUrl,
      max: MAX_CONNECTIONS,
      connectionTimeoutMillis: 10_000,
    });
    // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
    this.pool.on('error', () => undefined);
    // Longer formats print the values of a query, which may be somebody's number.
    this.client = new PrismaClient({ adapter: new PrismaPg(this.pool), errorFormat: 'minimal' });
  }

  async close(): Promise<void> {
    await this.client.$disconnect();
    if (!this.pool.ended) await this.pool.end();
  }
}
