import { Client } from 'pg';

/** An arbitrary number that stands for "one process owns this database". */
const LOCK_KEY = 7_240_417_001;

/** A second process was started on the same database without Redis. */
export class DatabaseInUse extends Error {
  constructor(holder: number | null) {
    super(
      `Another Linekeeper process already works on this database${holder === null ? '' : ` (server process ${holder})`}. ` +
        'One process keeps the message budget in memory, so a second one would count wrong: stop the other one first.',
    );
    this.name = 'DatabaseInUse';
  }
}

/**
 * Holds PostgreSQL's advisory lock on a connection of its own. The lock ends with the connection, so a killed
 * process leaves nothing behind. `onLost` is called when the connection breaks: from then on somebody else may work.
 */
export async function takeStandaloneLock(
  databaseUrl: string,
  onLost: () => void,
): Promise<{ release(): Promise<void> }> {
  const client = new Client({ connectionString: databaseUrl, keepAlive: true });
  let released = false;
  const lost = (): void => {
    if (!released) onLost();
  };
  client.on('error', lost);
  client.on('end', lost);
  await client.connect();
  const { rows } = await client.query<{ taken: boolean }>(
    'SELECT pg_try_advisory_lock($1) AS taken',
    [LOCK_KEY],
  );
  if (rows[0]?.taken !== true) {
    const holders = await client.query<{ pid: number }>(
      `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
        AND (classid::bigint << 32 | objid::bigint) = $1 AND database =
        (SELECT oid FROM pg_database WHERE datname = current_database())`,
      [LOCK_KEY],
    );
    released = true;
    await client.end();
    throw new DatabaseInUse(holders.rows[0]?.pid ?? null);
  }
  return {
    release: async () => {
      released = true;
      await client.end();
    },
  };
}
