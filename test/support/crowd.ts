import type { TestDatabase } from './database';

/** People who have long been there, written into the rows at once: with no handle, each holding three numbers. */
export interface Crowd {
  readonly people: number;
  /** The line that they stand on. */
  readonly lineId: string;
  /** Whose numbers they hold, three of them each in turn. */
  readonly heldLineIds: readonly string[];
  /** What each is expected to say a day, in thousandths of a message. */
  readonly meanMilli: number;
  readonly varianceMilli: number;
  /** In milliseconds since 1970. */
  readonly now: number;
}

/** Answers their user ids. The sums of the line are those of its people afterwards. */
export async function crowdOn(database: TestDatabase, crowd: Crowd): Promise<string[]> {
  const { people, lineId, heldLineIds, meanMilli, varianceMilli, now } = crowd;
  const rows = await database.query<{ id: string }>(
    `WITH u AS (INSERT INTO users (id, labels, discovered, created_at)
       SELECT gen_random_uuid(), '[]', false, $1 FROM generate_series(1, $4::int) RETURNING id),
     a AS (INSERT INTO assignments (id, pool_id, user_id, line_id, epoch, state, started_by, confirmed_at,
         pinned, mean_milli, variance_milli, policy_version, explanation, created_at, updated_at)
       SELECT gen_random_uuid(), l.pool_id, u.id, l.id, 1, 'confirmed', 'inbound', $1,
         false, $5::bigint, $6::bigint, 1, '{}', $1, $1 FROM u, lines l WHERE l.id = $2::uuid
       RETURNING id, user_id),
     h AS (INSERT INTO assignment_history (assignment_id, epoch, to_line_id, to_state, actor, reason,
         policy_version, at)
       SELECT id, 1, $2::uuid, 'confirmed', 'app:test', 'a crowd', 1, $1 FROM a),
     n AS (SELECT user_id, row_number() OVER (ORDER BY user_id) AS n FROM a),
     k AS (INSERT INTO known_numbers (user_id, line_id, sureness, position, first_at, updated_at)
       SELECT n.user_id, ($3::uuid[])[1 + (n.n + i) % cardinality($3::uuid[])], 'sent', i, $1, $1
       FROM n, generate_series(0, 2) AS i)
     SELECT user_id AS id FROM a`,
    [new Date(now), lineId, [...heldLineIds], people, meanMilli, varianceMilli],
  );
  await database.query(
    `UPDATE lines SET users = users + $2, mean_milli = mean_milli + $3, variance_milli = variance_milli + $4
     WHERE id = $1::uuid`,
    [lineId, people, people * meanMilli, people * varianceMilli],
  );
  return rows.map(({ id }) => id);
}
