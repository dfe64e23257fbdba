import { Injectable } from '@nestjs/common';
import { HOUR_MS } from '@linekeeper/domain';
import { Digest, Random, type Role, UnitOfWork, WallClock } from '../../ports';
import { Refusal } from '../../refusal';
import { Doorkeeper } from './doorkeeper';
import { BAD_LINKS } from './limits';

const TOKEN_BYTES = 32;
/** A sign-in link is printed for the person who started the service; a day is enough to click it. */
const LINK_MS = 24 * HOUR_MS;
export const SESSION_MS = 12 * HOUR_MS;

/** Signs an operator's page in: a one-time link becomes a session. */
@Injectable()
export class PageSignIn {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly digest: Digest,
    private readonly random: Random,
    private readonly clock: WallClock,
    private readonly doorkeeper: Doorkeeper,
  ) {}

  /** A new one-time token for the link. */
  createLink(role: Role): Promise<string> {
    return this.issue('link', role, LINK_MS);
  }

  /**
   * Takes a link's token, once, and answers with the token of a session. Refuses `rate.limited` when `address` has
   * tried too many that do not hold.
   */
  async useLink(token: string, address: string): Promise<string> {
    await this.doorkeeper.refuseLocked(BAD_LINKS, address);
    const link = await this.unitOfWork.read.keys.takeLink(
      this.digest.sha256(token),
      this.clock.now(),
    );
    if (!link) {
      await this.doorkeeper.failed(BAD_LINKS, address);
      throw new Refusal('auth.invalid', 'The sign-in link was used already or is too old');
    }
    return this.issue('session', link.role, SESSION_MS);
  }

  /** Ends the session, if there is one. Idempotent. */
  async signOut(token: string): Promise<void> {
    await this.unitOfWork.read.keys.endSession(this.digest.sha256(token), this.clock.now());
  }

  private async issue(kind: 'link' | 'session', role: Role, lifetimeMs: number): Promise<string> {
    const token = this.random.token(TOKEN_BYTES);
    const createdAt = this.clock.now();
    await this.unitOfWork.read.keys.insertSession({
      tokenHash: this.digest.sha256(token),
      kind,
      role,
      createdAt,
      expiresAt: createdAt + lifetimeMs,
      usedAt: null,
    });
    return token;
  }
}
