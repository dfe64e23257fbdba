import type { LockoutRule } from '@linekeeper/application';
import type { Redis } from 'ioredis';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
} from 'rate-limiter-flexible';

/** So long is a lock-out remembered: the next one lasts longer. */
const STRIKES_SECONDS = 24 * 3_600;
/** Doubling beyond this has reached every rule's maximum long ago. */
const MAX_DOUBLINGS = 20;

type Counter = (name: string, points: number, seconds: number) => RateLimiterAbstract;

/** Counts failed tries, lock-outs, and the lock-out that runs, of one rule in one store. */
export class Lockout {
  private readonly tries: RateLimiterAbstract;
  private readonly strikes: RateLimiterAbstract;
  private readonly locks: RateLimiterAbstract;

  constructor(
    private readonly rule: LockoutRule,
    counter: Counter,
  ) {
    this.tries = counter(`${rule.name}:tries`, rule.tries, rule.windowSeconds);
    this.strikes = counter(`${rule.name}:strikes`, MAX_DOUBLINGS, STRIKES_SECONDS);
    this.locks = counter(`${rule.name}:locks`, 1, rule.maxLockSeconds);
  }

  async lockedForMs(subject: string): Promise<number> {
    const lock = await this.locks.get(subject);
    return Math.max(0, lock?.msBeforeNext ?? 0);
  }

  async failed(subject: string): Promise<void> {
    const { consumedPoints } = await this.tries.penalty(subject);
    // Of tries at the same moment exactly one is the last.
    if (consumedPoints !== this.rule.tries) return;
    const strikes = (await this.strikes.penalty(subject)).consumedPoints;
    const doubled = this.rule.lockSeconds * 2 ** Math.min(strikes - 1, MAX_DOUBLINGS);
    await this.locks.block(subject, Math.min(doubled, this.rule.maxLockSeconds));
    await this.tries.delete(subject);
  }
}

/** Counters of this process alone. */
export const inMemory: Counter = (name, points, seconds) =>
  new RateLimiterMemory({ keyPrefix: name, points, duration: seconds });

/** Counters that all processes share; while Redis is away, counters of this process stand in. */
export function inRedis(client: Redis, prefix: string): Counter {
  return (name, points, seconds) =>
    new RateLimiterRedis({
      storeClient: client,
      keyPrefix: `${prefix}:throttle:${name}`,
      points,
      duration: seconds,
      // A command that waits for the connection would hold up its caller.
      rejectIfRedisNotReady: true,
      insuranceLimiter: inMemory(name, points, seconds),
    });
}
