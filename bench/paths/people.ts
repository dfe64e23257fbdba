import type { Client } from 'pg';
import { nextId } from './ids';

/** So many are written in one statement. */
const AT_A_TIME = 50_000;

/** Ids of people who have a place, and have just written: what they are answered is a reply. */
export async function seedPeople(db: Client, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    ids.push(...(await seedSome(db, Math.min(AT_A_TIME, count - ids.length), ids.length)));
  }
  // Only what has rows: of an empty table the planner would believe that it stays so.
  await db.query('ANALYZE users, handles, assignments, conversations, chats, lines');
  return ids;
}

async function seedSome(db: Client, count: number, before: number): Promise<string[]> {
  const { rows: lines } = await db.query<{ id: string; pool_id: string }>(
    'SELECT id, pool_id FROM lines ORDER BY id',
  );
  const ids = Array.from({ length: count }, nextId);
  const of = (i: number): { id: string; pool_id: string } => lines[i % lines.length] ?? NO_LINE;
  const values = [ids, ids.map((_, i) => of(i).id), ids.map((_, i) => of(i).pool_id)];
  await db.query(
    `INSERT INTO users (id, labels, discovered, created_at)
     SELECT unnest($1::uuid[]), '{}', false, now()`,
    [ids],
  );
  await db.query(
    `INSERT INTO handles (value, user_id, kind, created_at)
     SELECT '+1303' || lpad((n + $2::int)::text, 7, '0'), id, 'phone', now()
     FROM unnest($1::uuid[]) WITH ORDINALITY AS p (id, n)`,
    [ids, before],
  );
  await db.query(
    `INSERT INTO assignments (id, pool_id, user_id, line_id, epoch, state, started_by, confirmed_at, pinned,
       mean_milli, variance_milli, policy_version, explanation, created_at, updated_at)
     SELECT gen_random_uuid(), pool, id, line, 1, 'confirmed', 'inbound', now(), false, 1000, 1000, 1, '{}', now(), now()
     FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS p (id, line, pool)`,
    values,
  );
  await db.query(
    `WITH said AS (
       INSERT INTO conversations (id, pool_id, user_id, active_line_id, last_inbound_at, outbound_turns,
         unanswered_turns, pull_turns, updated_at)
       SELECT gen_random_uuid(), pool, id, line, now(), 0, 0, '[]', now()
       FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS p (id, line, pool)
       RETURNING id, user_id, active_line_id)
     INSERT INTO chats (id, conversation_id, line_id, is_group, health, started_by, created_at, last_activity_at, shares)
     SELECT gen_random_uuid()::text, id, active_line_id, false, 'HEALTHY', 'inbound', now(), now(), 0 FROM said`,
    values,
  );
  await db.query(
    `UPDATE lines l SET users = l.users + p.users, mean_milli = l.mean_milli + 1000 * p.users,
       variance_milli = l.variance_milli + 1000 * p.users
     FROM (SELECT line, count(*) AS users FROM unnest($1::uuid[]) AS line GROUP BY line) AS p WHERE l.id = p.line`,
    [values[1]],
  );
  return ids;
}

/** Each of them holds the numbers of their own line and of the three after it, on a card that was sent. */
export async function giveCards(db: Client, people: readonly string[]): Promise<void> {
  for (let from = 0; from < people.length; from += AT_A_TIME) {
    await giveSome(db, people.slice(from, from + AT_A_TIME));
  }
  await db.query('ANALYZE known_numbers, assignment_fallbacks');
}

async function giveSome(db: Client, people: readonly string[]): Promise<void> {
  await db.query(
    `WITH lined AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n, count(*) OVER () AS lines FROM lines)
     INSERT INTO known_numbers (user_id, line_id, sureness, position, first_at, updated_at)
     SELECT a.user_id, b.id, 'sent', step, now(), now()
     FROM assignments a JOIN lined l ON l.id = a.line_id CROSS JOIN generate_series(0, 3) AS step
     JOIN lined b ON b.n = (l.n + step) % l.lines
     WHERE a.user_id = ANY ($1::uuid[])`,
    [people],
  );
  await db.query(
    `INSERT INTO assignment_fallbacks (assignment_id, position, line_id)
     SELECT a.id, k.position - 1, k.line_id FROM assignments a JOIN known_numbers k USING (user_id)
     WHERE k.position > 0 AND a.user_id = ANY ($1::uuid[])`,
    [people],
  );
}

const NO_LINE = { id: '', pool_id: '' };
