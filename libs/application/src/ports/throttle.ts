/** How many failed tries a subject has, and for how long it is shut out when they are used up. */
export interface LockoutRule {
  /** Stable: what is remembered is kept under it. */
  readonly name: string;
  /** Failed tries within the window; the last of them locks. At least 1. */
  readonly tries: number;
  readonly windowSeconds: number;
  /** The first lock-out. Each further one within a day lasts twice as long as the one before. */
  readonly lockSeconds: number;
  readonly maxLockSeconds: number;
}

/** How many requests a subject may make within a window. */
export interface RateRule {
  readonly name: string;
  readonly requests: number;
  readonly windowSeconds: number;
}

/**
 * Limits how often something may be tried. Times are those of the machine, not of the fleet's clock. Never throws:
 * where a store is away, what this process has seen still counts. Whatever is lost elsewhere, this process forgets
 * nothing before its time, so nobody ever has unlimited tries; of several processes each may grant a rule's tries once
 * when what they share is lost.
 */
export abstract class Throttle {
  /** Milliseconds until the subject may try again; 0: now. Counts nothing. */
  abstract lockedFor(rule: LockoutRule, subject: string): Promise<number>;
  /** Counts a failed try; the one that uses up the last locks the subject out. Atomic. */
  abstract failed(rule: LockoutRule, subject: string): Promise<void>;
  /** Counts a request of this process. Milliseconds to wait before the next one is served; 0: it is within the limit. */
  abstract take(rule: RateRule, subject: string): Promise<number>;
}
