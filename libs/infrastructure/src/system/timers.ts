import { setTimeout as delay } from 'node:timers/promises';

/** Real time for caches: it never jumps and has no date. */
export function monotonicMs(): number {
  return performance.now();
}

/** Real waiting, between two tries of a call to the outside. */
export async function wait(ms: number): Promise<void> {
  await delay(ms);
}
