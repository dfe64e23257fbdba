import { OPT_IN_WORDS, OPT_OUT_PHRASES, OPT_OUT_WORDS } from './words';

export type OptOutVerdict =
  | { readonly kind: 'opt-out'; readonly match: string }
  | { readonly kind: 'opt-in'; readonly match: string }
  | { readonly kind: 'none' };

/** A wish to be left alone is short; a long text that holds such words speaks of something else. */
const MAX_WORDS = 12;

/**
 * Whether a text asks to be left alone, or to be written to again. Whole texts only: "stop by at five" asks for a
 * visit. Wrong in doubt towards "none", because a person who means it will say it plainly; the provider's own
 * keywords are all covered.
 */
export function detectOptOut(text: string): OptOutVerdict {
  const plain = normalise(text);
  if (plain === '' || plain.split(' ').length > MAX_WORDS) return { kind: 'none' };
  if (OPT_OUT_WORDS.has(plain)) return { kind: 'opt-out', match: plain };
  if (OPT_IN_WORDS.has(plain)) return { kind: 'opt-in', match: plain };
  const core = withoutCourtesy(plain);
  if (OPT_OUT_WORDS.has(core)) return { kind: 'opt-out', match: core };
  return OPT_OUT_PHRASES.has(core) ? { kind: 'opt-out', match: core } : { kind: 'none' };
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

/** Courtesies around a wish do not change it. */
const COURTESIES =
  /^(?:(?:hey|hi|hello|ok|okay|pls|plz|please|hola|por favor|bitte|hallo|s il vous plait|svp|bonjour|per favore|ciao|ola) )+|(?: (?:pls|plz|please|now|thanks|thank you|por favor|gracias|bitte|danke|jetzt|s il vous plait|svp|merci|grazie|per favore|obrigado|obrigada|immediately|right now|already))+$/g;

function withoutCourtesy(plain: string): string {
  return plain.replace(COURTESIES, '').trim();
}
