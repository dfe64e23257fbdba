import { Client } from 'pg';
import { ADVISORY_LOCKS } from '../advisory-locks';
import { wait } from './timers';

/** A second process was started on the same database without Redis, or beside one without. */
export class DatabaseInUse extends Error {
  constructor(holder: number | null) {
    super(
      `Another Linekeeper process already works on this database${holder === null ? '' : ` (server process ${holder})`}. ` +
        'A process without REDIS_URL keeps the message budget in memory, so a second one beside it would count wrong: ' +
        'stop the other one first, or give REDIS_URL to all of them.',
    );
    this.name = 'DatabaseInUse';
  }
}

/** A lock that is held until it is released or the process ends. */
export interface ProcessLock {
  release(): Promise<void>;
}

/** While the database is away the lock of a replica is asked for again this often. */
const RETAKE_MS = 1_000;

/**
 * For the only process of a database. `onLost` is called when the connection breaks: from then on somebody else may
 * work. Throws {@link DatabaseInUse} beside any other process.
 */
export function takeStandaloneLock(databaseUrl: string, onLost: () => void): Promise<ProcessLock> {
  return hold(databaseUrl, 'pg_try_advisory_lock', onLost);
}

/**
 * For one of several processes that share a Redis: they do not keep each other off, only a process that is alone.
 * After a restart of the database it is taken again; `onLost` is called only when a process that is alone was faster.
 */
export async function takeReplicaLock(
  databaseUrl: string,
  onLost: () => void,
): Promise<ProcessLock> {
  let released = false;
  const take = (): Promise<ProcessLock> =>
    hold(databaseUrl, 'pg_try_advisory_lock_shared', () => void retake());
  const retake = async (): Promise<void> => {
    while (!released) {
      await wait(RETAKE_MS);
      try {
        current = await take();
        return;
      } catch (error) {
        if (!(error instanceof DatabaseInUse)) continue;
        onLost();
        return;
      }
    }
  };
  let current = await take();
  return {
    release: () => {
      released = true;
      return current.release();
    },
  };
}

/**
 * PostgreSQL's advisory lock on a connection of its own. It ends with the connection, so a killed process leaves
 * nothing behind. `onLost` is called once when the connection breaks.
 */
async function hold(
  databaseUrl: string,
  lock: 'pg_try_advisory_lock' | 'pg_try_advisory_lock_shared',
  onLost: () => void,
): Promise<ProcessLock> {
  const client = new Client({ connectionString: databaseUrl, keepAlive: true });
  let over = false;
  const lost = (): void => {
    if (over) return;
    over = true;
    onLost();
  };
  const release = async (): Promise<void> => {
    over = true;
    await client.end();
  };
  try {
    await client.connect();
    const { rows } = await client.query<{ taken: boolean }>(`SELECT ${lock}($1) AS taken`, [
      ADVISORY_LOCKS.processes,
    ]);
    if (rows[0]?.taken !== true) throw new DatabaseInUse(await holderOf(client));
  } catch (error) {
    await release();
    throw error;
  }
  client.on('error', lost);
  client.on('end', lost);
  return { release };
}

async function holderOf(client: Client): Promise<number | null> {
  const { rows } = await client.query<{ pid: number }>(
    `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
      AND (classid::bigint << 32 | objid::bigint) = $1 AND database =
      (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [ADVISORY_LOCKS.processes],
  );
  return rows[0]?.pid ?? null;
}
