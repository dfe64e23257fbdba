import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { databaseAt, TEMPLATE } from './database-urls';

export interface TestDatabase {
  readonly url: string;
  /** Rows of a query, for looking behind the scenes. */
  query<T extends object>(sql: string, values?: readonly unknown[]): Promise<T[]>;
  /** How many rows each table has. */
  rowCounts(): Promise<Record<string, number>>;
  /** What changes with every insert, update and delete: the rows of each table and the newest version among them. */
  rowVersions(): Promise<Record<string, string>>;
  drop(): Promise<void>;
}

/** Written beside whatever a test does: a worker checks newcomers at the pace of the lines, by the clock on the wall too. */
const BY_THEMSELVES = ['handle_checks', 'check_slots'];

/** An empty, migrated database of one's own. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = process.env['TEST_POSTGRES_URL'];
  if (server === undefined) throw new Error('Only tests of the whole have a database');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(server, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  const url = databaseAt(server, name);
  const client = new Client({ connectionString: url });
  await client.connect();
  const tableNames = async (): Promise<string[]> => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables
       WHERE table_schema = 'public' AND table_name NOT LIKE '\\_prisma%'
         AND table_name <> ALL ($1::text[]) ORDER BY 1`,
      [BY_THEMSELVES],
    );
    return rows.map(({ name: table }) => table);
  };
  const query = async <T extends object>(
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<T[]> => (await client.query<T>(sql, [...values])).rows;
  return {
    url,
    query,
    async rowCounts() {
      const counts = (await tableNames()).map(
        (table) => `SELECT '${table}' AS name, count(*)::int AS n FROM "${table}"`,
      );
      const rows = await query<{ name: string; n: number }>(counts.join(' UNION ALL '));
      return Object.fromEntries(rows.map((row) => [row.name, row.n]));
    },
    async rowVersions() {
      const versions = (await tableNames()).map(
        (table) =>
          `SELECT '${table}' AS name, count(*) || ' ' || coalesce(max(xmin::text::bigint), 0) AS v FROM "${table}"`,
      );
      const rows = await query<{ name: string; v: string }>(versions.join(' UNION ALL '));
      return Object.fromEntries(rows.map((row) => [row.name, row.v]));
    },
    async drop() {
      await client.end();
      await onServer(server, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function onServer(server: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
