import { setTimeout as delay } from 'node:timers/promises';
import { Pause } from '@linekeeper/application';

/** Real time for caches: it never jumps and has no date. */
export function monotonicMs(): number {
  return performance.now();
}

/** Real waiting, between two tries of a call to the outside. */
export async function wait(ms: number): Promise<void> {
  await delay(ms);
}

export class RealPause extends Pause {
  for(ms: number): Promise<void> {
    return wait(ms);
  }
}
