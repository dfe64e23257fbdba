import type { EpochMs } from '@linekeeper/domain';

/** Signed, expiring addresses of contact cards. Whoever holds one can read that card and nothing else. */
export abstract class CardLinks {
  /** The public address of a card version. */
  abstract url(version: string, expiresAt: EpochMs): string;
  /** The version a token stands for; null when it was altered or has expired. */
  abstract open(token: string, now: EpochMs): string | null;
}
