import { setTimeout as pause } from 'node:timers/promises';
import { SystemClock } from '@linekeeper/infrastructure';
import { sendTo, statusWebhook } from '../paths/requests';
import type { Stage } from '../paths/stage';

/** Callers that ask the gate for the people of the line, again and again. */
const CALLERS = 8;
/** Between two of a caller: together some two hundred a second. */
const PAUSE_MS = 30;
const BEFORE_MS = 500;
const MOST_MS = 20_000;

/** Milliseconds since the provider began to tell of the flag. */
export interface Flagging {
  /** When the last answer came that let a message go out on the line. 0 when none came after. */
  readonly lastSendMs: number;
  /** When the first answer came that sent one of its people from another line. */
  readonly firstReroutedMs: number;
  readonly allMovedMs: number;
}

interface Answer {
  readonly decision: string;
  readonly line?: { readonly id: string };
}

/** A line is flagged by webhook while an app asks for its people. Ends when nobody is on it any more. */
export async function flagUnderLoad(
  { db }: Stage,
  service: string,
  line: { readonly id: string; readonly phone_number: string },
): Promise<Flagging> {
  const { rows } = await db.query<{ id: string }>(
    'SELECT user_id AS id FROM assignments WHERE line_id = $1',
    [line.id],
  );
  const ask = sendTo(rows.map(({ id }) => id));
  let toldAt = Infinity;
  let lastSendMs = 0;
  let firstReroutedMs = Infinity;
  let over = false;
  const call = async (): Promise<void> => {
    while (!over) {
      const { path = '', body, headers } = ask();
      const answer = await fetch(`${service}${path}`, {
        method: 'POST',
        headers: headers as Record<string, string>,
        body: String(body),
      });
      if (!answer.ok) throw new Error(`The gate answered ${answer.status}`);
      const { decision, line: from } = (await answer.json()) as Answer;
      const sinceMs = performance.now() - toldAt;
      if (decision === 'send' && sinceMs >= 0) {
        if (from?.id === line.id) lastSendMs = sinceMs;
        else firstReroutedMs = Math.min(firstReroutedMs, sinceMs);
      }
      await pause(PAUSE_MS);
    }
  };
  const callers = Array.from({ length: CALLERS }, call);
  try {
    await pause(BEFORE_MS);
    const {
      path = '',
      body,
      headers,
    } = statusWebhook(line.phone_number, 'FLAGGED', () => new SystemClock().now());
    toldAt = performance.now();
    const told = await fetch(`${service}${path}`, {
      method: 'POST',
      headers: headers as Record<string, string>,
      body: String(body),
    });
    if (!told.ok) throw new Error(`The webhook was answered with ${told.status}`);
    let left = 1;
    while (left > 0 || !Number.isFinite(firstReroutedMs)) {
      if (performance.now() - toldAt > MOST_MS) throw new Error(`${left} are still on the line`);
      await pause(20);
      const counted = await db.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM assignments WHERE line_id = $1',
        [line.id],
      );
      left = counted.rows[0]?.n ?? 0;
    }
    const allMovedMs = performance.now() - toldAt;
    await pause(BEFORE_MS);
    return { lastSendMs, firstReroutedMs, allMovedMs };
  } finally {
    over = true;
    await Promise.all(callers);
  }
}
