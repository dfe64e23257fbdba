import type { Digest, Random } from '../../ports';

/** 256 bits: nobody guesses it, so a plain SHA-256 of it is enough to keep. */
const SECRET_BYTES = 32;
const FINGERPRINT_LENGTH = 16;

/** A new key in clear. It is shown once and only its digest is kept. */
export function newKey(random: Random): string {
  return `lk_${random.token(SECRET_BYTES)}`;
}

/** What a key is looked up by: the first 64 bits of its digest, which tell nothing about the key. */
export function fingerprintOf(keyHash: string): string {
  return keyHash.slice(0, FINGERPRINT_LENGTH);
}

export function hashOf(digest: Digest, key: string): string {
  return digest.sha256(key);
}
