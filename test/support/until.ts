import { setTimeout as delay } from 'node:timers/promises';

const MOST_TRIES = 750;
const BETWEEN_MS = 20;

/** Until it is so, asking again; a bound ends the wait. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < MOST_TRIES; i += 1) {
    if (await what()) return;
    await delay(BETWEEN_MS);
  }
  throw new Error('It never came to that');
}
