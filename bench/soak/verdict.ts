import { setTimeout as pause } from 'node:timers/promises';
import type { Stage } from '../paths/stage';

/** The queue behind the last message is worked off within this. */
const MOST_WAIT_MS = 300_000;

export interface Verdict {
  readonly acknowledged: number;
  /** Messages that were acknowledged and never counted. */
  readonly lost: number;
  /** By how many the counts of the lines' hours differ from the distinct messages. */
  readonly miscounted: number;
  readonly deadLetters: number;
  /** Sends of which the provider has told, and which are still held. */
  readonly leaked: number;
}

/** Waits until everything that came in is processed, and compares what was told with what was counted. */
export async function verdictOf(
  { db }: Stage,
  acknowledged: ReadonlySet<string>,
): Promise<Verdict> {
  const one = async (sql: string, values: readonly unknown[] = []): Promise<number> =>
    Number((await db.query<{ n: string }>(sql, [...values])).rows[0]?.n);
  const waiting = "SELECT count(*) AS n FROM inbox_events WHERE state = 'pending'";
  const begun = performance.now();
  for (let left = await one(waiting); left > 0; left = await one(waiting)) {
    if (performance.now() - begun > MOST_WAIT_MS) throw new Error(`${left} events still wait`);
    await pause(500);
  }
  const known = await one('SELECT count(*) AS n FROM messages WHERE id = ANY ($1)', [
    [...acknowledged],
  ]);
  const messages = await one('SELECT count(*) AS n FROM messages');
  const counted = await one('SELECT coalesce(sum("in" + out), 0) AS n FROM line_hours');
  return {
    acknowledged: acknowledged.size,
    lost: acknowledged.size - known,
    miscounted: Math.abs(counted - messages),
    deadLetters: await one("SELECT count(*) AS n FROM inbox_events WHERE state = 'dead'"),
    leaked: await one(
      `SELECT count(*) AS n FROM sends s WHERE s.state IN ('open', 'unknown')
       AND EXISTS (SELECT 1 FROM messages m WHERE m.send_id = s.id)`,
    ),
  };
}
