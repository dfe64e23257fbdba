import type { EpochMs } from '@linekeeper/domain';

/** The fleet's only source of time. With the simulator it follows the simulator's virtual clock. */
export abstract class Clock {
  /** The present instant. Never goes backwards within one process. */
  abstract now(): EpochMs;
}

/**
 * The time of somebody who sits before the screen, also while the fleet's clock runs through a day in a minute:
 * for sign-in links and page sessions, and nothing else.
 */
export abstract class WallClock {
  abstract now(): EpochMs;
}

/**
 * Runs everything that is due at `now` (jobs, inbox) until nothing is left, and answers with the instant at
 * which something of ours is due next, or null. Calling it twice is harmless.
 */
export type RunDue = (now: EpochMs) => Promise<EpochMs | null>;

/**
 * Lets a virtual clock drive the worker: the clock moves on only once everything due has run. On the system
 * clock this does nothing, because the heartbeat of the worker asks by itself.
 */
export abstract class ClockFollower {
  abstract follow(runDue: RunDue): void;
}
