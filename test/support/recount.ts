import type { TestDatabase } from './database';

interface LineSums {
  readonly id: string;
  readonly users: number;
  readonly mean: string;
  readonly variance: string;
  readonly fallbacks: number;
}

/** The sums that lines keep are those of the places themselves (I14), and each person has one place a pool (I1). */
export async function expectSumsToAgree(database: TestDatabase): Promise<void> {
  const kept = await database.query<LineSums>(
    `SELECT id, users, mean_milli::text AS mean, variance_milli::text AS variance,
       fallback_users AS fallbacks FROM lines ORDER BY id`,
  );
  const counted = await database.query<LineSums>(
    `SELECT l.id, count(a.id)::int AS users, coalesce(sum(a.mean_milli), 0)::text AS mean,
       coalesce(sum(a.variance_milli), 0)::text AS variance,
       (SELECT count(*)::int FROM assignment_fallbacks f JOIN assignments b ON b.id = f.assignment_id
         WHERE f.line_id = l.id AND b.state <> 'released') AS fallbacks
     FROM lines l LEFT JOIN assignments a ON a.line_id = l.id AND a.state <> 'released'
     GROUP BY l.id ORDER BY l.id`,
  );
  expect(kept).toEqual(counted);
  const pairs = await database.query(
    `SELECT line_id, fallback_id, users FROM line_pairs WHERE users <> 0 ORDER BY 1, 2`,
  );
  const countedPairs = await database.query(
    `SELECT a.line_id, f.line_id AS fallback_id, count(*)::int AS users
     FROM assignments a JOIN assignment_fallbacks f ON f.assignment_id = a.id
     WHERE a.state <> 'released' GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  expect(pairs).toEqual(countedPairs);
  const ofAliases = await database.query(
    `SELECT a.id FROM assignments a JOIN users u ON u.id = a.user_id
     WHERE u.merged_into IS NOT NULL AND a.state <> 'released'`,
  );
  expect(ofAliases).toEqual([]);
}

/** Nothing but its history hangs on an id that became an alias, and no alias points at another one. */
export async function expectAliasesToBeBare(database: TestDatabase): Promise<void> {
  const tables = [
    'handles',
    'suppressions',
    'user_rates',
    'conversations',
    'messages',
    'sends',
    'user_days',
    'cards_sent',
    'known_numbers',
    'failover_moves',
  ];
  for (const table of tables) {
    const rows = await database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${table} t JOIN users u ON u.id = t.user_id
       WHERE u.merged_into IS NOT NULL`,
    );
    expect({ table, rows: rows[0]?.n }).toEqual({ table, rows: 0 });
  }
  const chains = await database.query(
    `SELECT u.id FROM users u JOIN users s ON s.id = u.merged_into WHERE s.merged_into IS NOT NULL`,
  );
  expect(chains).toEqual([]);
}
