import { Injectable } from '@nestjs/common';
import { type ApiKeyRecord, Clock, Digest, UnitOfWork, WallClock } from '../../ports';
import { Refusal } from '../../refusal';
import { fingerprintOf, hashOf } from './key-format';
import type { Principal } from './principal';

/** How long a key is believed without asking the database: a revoked key is refused within this time. */
const CACHE_MS = 1_000;
const CACHE_SIZE = 1_000;

/** Tells who a key or a page session belongs to, or refuses. */
@Injectable()
export class Authenticate {
  private readonly cache = new Map<string, { key: ApiKeyRecord; readAt: number }>();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly digest: Digest,
    private readonly clock: Clock,
    private readonly wallClock: WallClock,
  ) {}

  /** Compares whole digests in constant time. Throws `auth.invalid` for an unknown, expired or revoked key. */
  async byKey(key: string): Promise<Principal> {
    const now = this.clock.now();
    const hash = hashOf(this.digest, key);
    const record = await this.lookUp(fingerprintOf(hash), now);
    const valid =
      record !== null &&
      this.digest.equal(record.hash, hash) &&
      record.revokedAt === null &&
      (record.expiresAt === null || record.expiresAt > now);
    if (!valid) throw new Refusal('auth.invalid', 'The key is unknown, expired or revoked');
    return { id: record.id, role: record.role, poolIds: record.poolIds };
  }

  async bySession(token: string): Promise<Principal> {
    const session = await this.unitOfWork.read.keys.session(
      this.digest.sha256(token),
      this.wallClock.now(),
    );
    if (!session) throw new Refusal('auth.invalid', 'The page session has ended: sign in again');
    return { id: 'page', role: session.role, poolIds: [] };
  }

  /** Forgets what it remembers of keys, so that a change holds at once in this process. */
  forget(): void {
    this.cache.clear();
  }

  private async lookUp(fingerprint: string, now: number): Promise<ApiKeyRecord | null> {
    const cached = this.cache.get(fingerprint);
    if (cached && now - cached.readAt < CACHE_MS) return cached.key;
    const key = await this.unitOfWork.read.keys.byPrefix(fingerprint);
    if (this.cache.size >= CACHE_SIZE) this.cache.clear();
    if (key) this.cache.set(fingerprint, { key, readAt: now });
    return key;
  }
}
