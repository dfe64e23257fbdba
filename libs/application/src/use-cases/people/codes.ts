import type { Digest } from '../../ports';

/** Letters and digits that nobody confuses when typing: 32 of them, so 8 make 40 bits. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const LENGTH = 8;

/** At most so many codes of one key may be open: a guess then hits with less than one in a thousand million. */
export const MAX_OPEN_CODES = 1_000;

/**
 * The single-use code of a reservation for a deep link, as `K7QM-2XPA`. It follows from the reservation and the
 * service's secret key: nobody else can tell it, and an answer that got lost can be given again.
 */
export function codeOf(digest: Digest, assignmentId: string): string {
  const hex = digest.keyed(`reservation-code:${assignmentId}`);
  const letters = Array.from({ length: LENGTH }, (_, i) =>
    ALPHABET.charAt(Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16) % ALPHABET.length),
  ).join('');
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}

/** Texts are short; a long one that holds many code-like words is somebody guessing. */
const MAX_CODES_IN_TEXT = 2;

/** Whatever looks like a code in an inbound text. */
export function codesIn(text: string): string[] {
  const found = text.toUpperCase().match(/\b[A-HJ-NP-Z2-9]{4}-[A-HJ-NP-Z2-9]{4}\b/g) ?? [];
  return found.slice(0, MAX_CODES_IN_TEXT);
}

export function codeHash(digest: Digest, code: string): string {
  return digest.sha256(`reservation-code:${code}`);
}
