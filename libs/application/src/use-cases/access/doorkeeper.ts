import { Injectable } from '@nestjs/common';
import { Digest, type LockoutRule, Throttle } from '../../ports';
import { Refusal } from '../../refusal';
import {
  BAD_KEY_HERE,
  BAD_KEY_UNDER_ATTACK,
  BAD_KEYS_OF_ADDRESS,
  BAD_KEYS_OF_PREFIX,
} from './limits';

/** The beginning of a key that its owner may show: the mark and eight characters, 48 of its 256 bits. */
const PREFIX_LENGTH = 11;
/** So many pairs of key and address that were good once are remembered; the oldest is forgotten first. */
const MAX_GOOD_PAIRS = 10_000;

/** Shuts out who tries bad keys, by the key's beginning and by address, and nobody else. */
@Injectable()
export class Doorkeeper {
  private readonly goodPairs = new Set<string>();

  constructor(
    private readonly throttle: Throttle,
    private readonly digest: Digest,
  ) {}

  /**
   * Refuses `rate.limited` before the key is looked at, so that nothing is learnt during a lock-out. Whoever came in
   * with this key's beginning from this address before is not shut out for what others at the address try.
   */
  async admit(key: string, address: string): Promise<void> {
    const { prefix, pair } = this.subjects(key, address);
    // The address first: whoever floods with ever other keys is turned away without a question to anybody.
    if (!this.goodPairs.has(pair)) await this.refuseLocked(BAD_KEYS_OF_ADDRESS, address);
    await this.refuseLocked(BAD_KEY_HERE, pair);
    if ((await this.throttle.lockedFor(BAD_KEYS_OF_PREFIX, prefix)) > 0) {
      await this.refuseLocked(BAD_KEY_UNDER_ATTACK, pair);
    }
  }

  /** The key was nobody's. */
  async wasBad(key: string, address: string): Promise<void> {
    const { prefix, pair } = this.subjects(key, address);
    const attacked = (await this.throttle.lockedFor(BAD_KEYS_OF_PREFIX, prefix)) > 0;
    await Promise.all([
      this.throttle.failed(BAD_KEY_HERE, pair),
      this.throttle.failed(BAD_KEYS_OF_ADDRESS, address),
      this.throttle.failed(BAD_KEYS_OF_PREFIX, prefix),
      attacked ? this.throttle.failed(BAD_KEY_UNDER_ATTACK, pair) : null,
    ]);
  }

  /** The key was somebody's, and has expired or was revoked: its holder does not guess, and still must stop asking. */
  async wasSpent(key: string, address: string): Promise<void> {
    await this.throttle.failed(BAD_KEY_HERE, this.subjects(key, address).pair);
  }

  wasGood(key: string, address: string): void {
    const { pair } = this.subjects(key, address);
    this.goodPairs.delete(pair);
    this.goodPairs.add(pair);
    if (this.goodPairs.size <= MAX_GOOD_PAIRS) return;
    for (const oldest of this.goodPairs) {
      this.goodPairs.delete(oldest);
      break;
    }
  }

  /** Refuses `rate.limited` while the subject is locked out. */
  async refuseLocked(rule: LockoutRule, subject: string): Promise<void> {
    const waitMs = await this.throttle.lockedFor(rule, subject);
    if (waitMs === 0) return;
    throw new Refusal('rate.limited', 'Too many failed tries: nothing is looked at until then', {
      retryAfterSeconds: Math.ceil(waitMs / 1_000),
    });
  }

  failed(rule: LockoutRule, subject: string): Promise<void> {
    return this.throttle.failed(rule, subject);
  }

  /** Keyed, so that what is kept elsewhere shows no part of a key. */
  private subjects(key: string, address: string): { prefix: string; pair: string } {
    const prefix = this.digest.keyed(`key-prefix:${key.slice(0, PREFIX_LENGTH)}`).slice(0, 32);
    return { prefix, pair: `${prefix}@${address}` };
  }
}
