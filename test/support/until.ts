import { setTimeout as delay } from 'node:timers/promises';

const AT_MOST_MS = 15_000;
const BETWEEN_MS = 20;

/** Until it is so, asking again; a bound ends the wait. */
export async function until(
  what: () => boolean | Promise<boolean>,
  atMostMs = AT_MOST_MS,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < atMostMs; waitedMs += BETWEEN_MS) {
    if (await what()) return;
    await delay(BETWEEN_MS);
  }
  throw new Error('It never came to that');
}
