import { Injectable } from '@nestjs/common';
import { type ApiKeyRecord, Clock, Digest, Throttle, UnitOfWork, WallClock } from '../../ports';
import { Refusal } from '../../refusal';
import { Turns } from '../shared';
import { Doorkeeper } from './doorkeeper';
import { fingerprintOf, hashOf } from './key-format';
import { BAD_COOKIES, requestsOf } from './limits';
import type { Principal } from './principal';

/** How long a key is believed without asking the database: a revoked key is refused within this time. */
const CACHE_MS = 1_000;
const CACHE_SIZE = 1_000;

interface Known {
  readonly hash: string;
  readonly principal: Principal;
  readonly expiresAt: number | null;
  readonly readAt: number;
}

/** Tells who a key or a page session belongs to, or refuses. */
@Injectable()
export class Authenticate {
  /** By address and fingerprint: what came in a moment ago from there. */
  private readonly cache = new Map<string, Known>();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly digest: Digest,
    private readonly clock: Clock,
    private readonly wallClock: WallClock,
    private readonly doorkeeper: Doorkeeper,
    private readonly throttle: Throttle,
    private readonly turns: Turns,
  ) {}

  /**
   * Compares whole digests in constant time. Throws `auth.invalid` for an unknown, expired or revoked key, and
   * `rate.limited` during a lock-out and beyond the limit of requests. `address` is where the request comes from.
   */
  async byKey(key: string, address: string): Promise<Principal> {
    const hash = hashOf(this.digest, key);
    const principal =
      this.remembered(hash, address) ??
      // One unknown key of an address at a time: its tries are counted before the next one is looked at.
      (await this.turns.take(`door:${address}`, () => this.look(key, hash, address)));
    await this.countRequest(principal);
    return principal;
  }

  /** Throws `auth.invalid` when there is no such session (any more), and `rate.limited` as {@link byKey} does. */
  async bySession(token: string, address: string): Promise<Principal> {
    await this.doorkeeper.refuseLocked(BAD_COOKIES, address);
    const session = await this.unitOfWork.read.keys.session(
      this.digest.sha256(token),
      this.wallClock.now(),
    );
    if (!session) {
      await this.doorkeeper.failed(BAD_COOKIES, address);
      throw new Refusal('auth.invalid', 'The page session has ended: sign in again');
    }
    const principal: Principal = { id: 'page', role: session.role, poolIds: [] };
    await this.countRequest(principal);
    return principal;
  }

  /** Forgets what it remembers of keys, so that a change holds at once in this process. */
  forget(): void {
    this.cache.clear();
  }

  private async look(key: string, hash: string, address: string): Promise<Principal> {
    const already = this.remembered(hash, address);
    if (already) return already;
    await this.doorkeeper.admit(key, address);
    const now = this.clock.now();
    const record = await this.unitOfWork.read.keys.byPrefix(fingerprintOf(hash));
    if (record === null || !this.digest.equal(record.hash, hash)) {
      await this.doorkeeper.wasBad(key, address);
      throw invalid();
    }
    if (isSpent(record, now)) {
      await this.doorkeeper.wasSpent(key, address);
      throw invalid();
    }
    this.doorkeeper.wasGood(key, address);
    const { id, role, poolIds } = record;
    const principal: Principal = { id, role, poolIds };
    if (this.cache.size >= CACHE_SIZE) this.cache.clear();
    this.cache.set(cacheKey(hash, address), {
      hash,
      principal,
      expiresAt: record.expiresAt,
      readAt: this.wallClock.now(),
    });
    return principal;
  }

  private remembered(hash: string, address: string): Principal | null {
    const known = this.cache.get(cacheKey(hash, address));
    if (!known || this.wallClock.now() - known.readAt >= CACHE_MS) return null;
    if (known.expiresAt !== null && known.expiresAt <= this.clock.now()) return null;
    return this.digest.equal(known.hash, hash) ? known.principal : null;
  }

  private async countRequest({ id, role }: Principal): Promise<void> {
    const waitMs = await this.throttle.take(requestsOf(role), id);
    if (waitMs === 0) return;
    throw new Refusal('rate.limited', 'Too many requests of this key', {
      retryAfterSeconds: Math.ceil(waitMs / 1_000),
    });
  }
}

const invalid = (): Refusal =>
  new Refusal('auth.invalid', 'The key is unknown, expired or revoked');

const cacheKey = (hash: string, address: string): string => `${fingerprintOf(hash)}@${address}`;

function isSpent(record: ApiKeyRecord, now: number): boolean {
  return record.revokedAt !== null || (record.expiresAt !== null && record.expiresAt <= now);
}
