/** Keeps secrets that must be read again: encrypted and authenticated at rest, under a key that is not in the database. */
export abstract class SecretBox {
  /** A text to keep. `purpose` says what for: put in another place it does not open. Never the same twice. */
  abstract seal(plain: string, purpose: string): string;
  /**
   * What was sealed for `purpose`; null when it was altered, is for something else, or its key is not known. A text that
   * was never sealed, as kept before there was encryption, opens as it is. `stale`: seal it anew, since it is in clear
   * or under a key that is on its way out.
   */
  abstract open(kept: string, purpose: string): { plain: string; stale: boolean } | null;
}
