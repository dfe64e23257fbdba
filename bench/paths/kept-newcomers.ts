import type { Pool, PoolClient } from 'pg';
import { nextId } from './ids';

/** As many as the service places in one transaction. */
const MAX_BATCH = 64;
/** Of the size of an explanation, as the service keeps it. */
const EXPLANATION = JSON.stringify({ why: 'x'.repeat(4_400) });

const TABLES = [
  ...['users', 'handles', 'assignments', 'assignment_fallbacks', 'assignment_history'],
  ...['handle_checks', 'outbox_events', 'lines', 'line_pairs'],
];

interface Waiting {
  readonly handle: string;
  readonly done: (id: string) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * The least that keeps what the service keeps of newcomers: the same rows of the same tables, for all who come at about the same
 * time in one transaction, and nobody's place is thought about. Rows refer to no others here.
 */
export class KeptNewcomers {
  private waiting: Waiting[] = [];
  private isRunning = false;
  private lines: string[] = [];

  constructor(private readonly pool: Pool) {}

  async prepare(): Promise<void> {
    await this.pool.query('CREATE SCHEMA IF NOT EXISTS kept');
    for (const table of TABLES) {
      await this.pool.query(
        `CREATE TABLE IF NOT EXISTS kept.${table} (LIKE public.${table} INCLUDING ALL)`,
      );
    }
    await this.pool.query('INSERT INTO kept.lines SELECT * FROM lines ON CONFLICT DO NOTHING');
    const { rows } = await this.pool.query<{ id: string }>('SELECT id FROM kept.lines');
    this.lines = rows.map(({ id }) => id);
  }

  place(handle: string): Promise<string> {
    return new Promise((done, fail) => {
      this.waiting.push({ handle, done, fail });
      void this.flush();
    });
  }

  private async flush(): Promise<void> {
    if (this.isRunning || this.waiting.length === 0) return;
    const batch = this.waiting.splice(0, MAX_BATCH);
    this.isRunning = true;
    const client = await this.pool.connect();
    try {
      const ids = batch.map(nextId);
      await client.query('BEGIN');
      await this.write(
        client,
        ids,
        batch.map(({ handle }) => handle),
      );
      await client.query('COMMIT');
      batch.forEach(({ done }, i) => done(ids[i] ?? ''));
    } catch (error) {
      for (const { fail } of batch) fail(error);
    } finally {
      client.release();
      this.isRunning = false;
      void this.flush();
    }
  }

  private async write(
    client: PoolClient,
    ids: readonly string[],
    handles: readonly string[],
  ): Promise<void> {
    const ask = async (name: keyof typeof STATEMENTS, ...values: unknown[]): Promise<void> => {
      await client.query({ name: `kept-${name}`, text: STATEMENTS[name], values });
    };
    const lineOf = (i: number): string => this.lines[i % this.lines.length] ?? '';
    const places = ids.map(nextId);
    const on = ids.map((_, i) => lineOf(i));
    const fallbacks = places.flatMap((id, i) =>
      [1, 2, 3].map((position) => ({ id, position, line: on[i], other: lineOf(i + position) })),
    );
    await ask('users', ids);
    await ask('handles', handles, ids);
    await ask('assignments', places, ids, on, EXPLANATION);
    await ask(
      'fallbacks',
      fallbacks.map(({ id }) => id),
      fallbacks.map(({ position }) => position),
      fallbacks.map(({ other }) => other),
    );
    await ask('history', places, on);
    await ask('lines', [...new Set([...on, ...fallbacks.map(({ other }) => other)])]);
    await ask(
      'pairs',
      fallbacks.map(({ line }) => line),
      fallbacks.map(({ other }) => other),
    );
    await ask('outbox', ids);
    await ask('checks', handles);
  }
}

const NOBODYS = '00000000-0000-4000-8000-000000000000';
const STATEMENTS = {
  users: `INSERT INTO kept.users (id, labels, discovered, created_at)
    SELECT id, '[]', false, now() FROM unnest($1::uuid[]) AS id`,
  handles: `INSERT INTO kept.handles (value, user_id, kind, created_at)
    SELECT *, 'phone', now() FROM unnest($1::text[], $2::uuid[])`,
  assignments: `INSERT INTO kept.assignments (id, pool_id, user_id, line_id, epoch, state, started_by, pinned, mean_milli,
      variance_milli, policy_version, explanation, created_at, updated_at)
    SELECT id, '${NOBODYS}', person, line, 1, 'reserved', 'inbound', false, 1, 1, 1, $4::jsonb, now(), now()
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS t (id, person, line)`,
  fallbacks: `INSERT INTO kept.assignment_fallbacks (assignment_id, position, line_id)
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[])`,
  history: `INSERT INTO kept.assignment_history (assignment_id, epoch, to_line_id, to_state, actor, reason, policy_version, at)
    SELECT id, 1, line, 'reserved', 'app', 'placed', 1, now() FROM unnest($1::uuid[], $2::uuid[]) AS t (id, line)`,
  lines: `UPDATE kept.lines SET users = users + 1, mean_milli = mean_milli + 1, updated_at = now() WHERE id = ANY($1::uuid[])`,
  pairs: `INSERT INTO kept.line_pairs AS p (line_id, fallback_id, users)
    SELECT line, other, count(*) FROM unnest($1::uuid[], $2::uuid[]) AS t (line, other) GROUP BY line, other
    ON CONFLICT (fallback_id, line_id) DO UPDATE SET users = p.users + excluded.users`,
  outbox: `INSERT INTO kept.outbox_events (id, type, data, at)
    SELECT id, 'user.onboarded', '{}', now() FROM unnest($1::uuid[]) AS id`,
  checks: `INSERT INTO kept.handle_checks (handle, pool_id, asked_at, attempts, next_at)
    SELECT handle, '${NOBODYS}', now(), 0, now() FROM unnest($1::text[]) AS handle`,
} as const;
