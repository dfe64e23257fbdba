import { OPT_IN_WORDS, OPT_OUT_ALONE, OPT_OUT_PHRASES, OPT_OUT_WORDS } from './words';

export type OptOutVerdict =
  | { readonly kind: 'opt-out'; readonly match: string }
  | { readonly kind: 'opt-in'; readonly match: string }
  | { readonly kind: 'none' };

/** A wish to be left alone is short; a long text that holds such words speaks of something else. */
const MAX_WORDS = 12;

/**
 * Whether a text asks to be left alone, or to be written to again. Single words count only when they are the whole
 * text: "stop by at five" asks for a visit. A whole plain wish counts as one clause among others too: "wrong number,
 * stop texting me". Wrong in doubt towards "none", because a person who means it will say it plainly; the
 * provider's own keywords are all covered.
 */
export function detectOptOut(text: string): OptOutVerdict {
  const plain = normalise(text);
  if (plain === '' || plain.split(' ').length > MAX_WORDS) return { kind: 'none' };
  if (OPT_IN_WORDS.has(plain)) return { kind: 'opt-in', match: plain };
  const whole = [plain, withoutCourtesy(plain)].find(
    (wish) => OPT_OUT_WORDS.has(wish) || OPT_OUT_ALONE.has(wish) || OPT_OUT_PHRASES.has(wish),
  );
  const match = whole ?? clausesOf(text).find((clause) => OPT_OUT_PHRASES.has(clause));
  return match === undefined ? { kind: 'none' } : { kind: 'opt-out', match };
}

/** What stands between punctuation marks, each without courtesies. */
function clausesOf(text: string): string[] {
  return text.split(/[.,;:!?\n–—]+/).map((clause) => withoutCourtesy(normalise(clause)));
}

/** Lower case, without accents and punctuation, words parted by one blank. */
function normalise(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/['’`]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

const BEFORE = [
  ...['hey', 'hi', 'hello', 'ok', 'okay', 'pls', 'plz', 'please'],
  ...['hola', 'por favor', 'bitte', 'hallo', 'bonjour', 'per favore', 'ciao', 'ola'],
  ...['sil vous plait', 'sil te plait', 'svp', 'stp'],
];
const AFTER = [
  ...['pls', 'plz', 'please', 'now', 'right now', 'immediately', 'already', 'thanks', 'thank you'],
  ...['por favor', 'gracias', 'bitte', 'danke', 'jetzt', 'merci', 'grazie', 'per favore'],
  ...['obrigado', 'obrigada', 'sil vous plait', 'sil te plait', 'svp', 'stp'],
];

/** Courtesies around a wish do not change it. */
const COURTESIES = new RegExp(`^(?:(?:${BEFORE.join('|')}) )+|(?: (?:${AFTER.join('|')}))+$`, 'g');

function withoutCourtesy(plain: string): string {
  return plain.replace(COURTESIES, '').trim();
}
