import { type LockoutRule, type RateRule, Throttle } from '@linekeeper/application';
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { inMemory, inRedis, Lockout } from './lockout';

interface Stores {
  /** Of this process: no wipe of Redis ever resets it. */
  readonly own: Lockout;
  readonly shared: Lockout | null;
}

/**
 * Lock-outs are counted twice: in this process, and in Redis for all processes. The longer wait holds. So a Redis that
 * is wiped or away costs what other processes have seen, and nothing else.
 */
export class RateLimiterThrottle extends Throttle {
  private readonly lockouts = new Map<string, Stores>();
  private readonly rates = new Map<string, RateLimiterMemory>();

  /** Without Redis this process counts alone; with it, under keys that begin with `prefix`. */
  constructor(private readonly redis: { readonly client: Redis; readonly prefix: string } | null) {
    super();
  }

  async lockedFor(rule: LockoutRule, subject: string): Promise<number> {
    const { own, shared } = this.lockout(rule);
    const here = await own.lockedForMs(subject);
    // Whoever is locked out here is not worth a question to Redis: a flood of tries ends in this process.
    if (here > 0 || shared === null) return here;
    return shared.lockedForMs(subject);
  }

  async failed(rule: LockoutRule, subject: string): Promise<void> {
    const { own, shared } = this.lockout(rule);
    await Promise.all([own.failed(subject), shared?.failed(subject)]);
  }

  async take(rule: RateRule, subject: string): Promise<number> {
    let limiter = this.rates.get(rule.name);
    if (!limiter) {
      const { name, requests, windowSeconds } = rule;
      limiter = new RateLimiterMemory({
        keyPrefix: name,
        points: requests,
        duration: windowSeconds,
      });
      this.rates.set(name, limiter);
    }
    try {
      await limiter.consume(subject);
      return 0;
    } catch (refused) {
      // The library rejects with the state of the counter; anything else is a fault of ours.
      if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext);
      throw refused;
    }
  }

  private lockout(rule: LockoutRule): Stores {
    let stores = this.lockouts.get(rule.name);
    if (!stores) {
      stores = {
        own: new Lockout(rule, inMemory),
        shared: this.redis && new Lockout(rule, inRedis(this.redis.client, this.redis.prefix)),
      };
      this.lockouts.set(rule.name, stores);
    }
    return stores;
  }
}
