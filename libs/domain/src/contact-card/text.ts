import { at } from '../kernel/at';

/**
 * What no value on a card needs and what harms its readers:
 * - control characters (RFC 2426 section 4: `NON-ASCII` and `VCHAR` leave them out), the line feed aside, which stands for
 *   a line break until it is escaped;
 * - the bidi controls that embed, override or isolate (UAX #9 section 2): they reach beyond themselves and can turn round the
 *   text after them. The marks U+200E, U+200F and U+061C stay: they do no more than a letter without width, and text
 *   that mixes two directions needs them;
 * - the byte order mark, which readers drop at will, and code points that are never characters.
 */
const HARMFUL =
  // eslint-disable-next-line no-control-regex -- to find them is the point
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff]/gu;

/** What breaks a line in Unicode (UAX #14: BK, CR, LF, NL): all of it is one line feed to us. */
// eslint-disable-next-line no-control-regex -- to find them is the point
const LINE_BREAK = /\r\n?|[\u000b\u000c\u0085\u2028\u2029]/g;

/** Characters that belong to the one before them: a cut stands before their base or it shows another character. */
const JOINED = /^(?:\p{M}|\p{Emoji_Modifier}|\u200d)/u;
const JOINER = '\u200d';
/** No character that people write is longer; what is was made to be. */
const LONGEST_CHARACTER = 16;

/**
 * A text of several lines as it may stand on a card: well formed, without harmful characters, without blanks around,
 * at most `max` code points. Idempotent.
 */
export function cleanBlock(text: string, max: number): string {
  // What is thrown away is not looked at: the work is bounded by what may stand on the card.
  const looked = text.slice(0, 16 * max + 1_000);
  const clean = looked
    .replace(LINE_BREAK, '\n')
    .replaceAll('\t', ' ')
    // Half a surrogate pair cannot be written as UTF-8; it becomes U+FFFD.
    .toWellFormed()
    .replace(HARMFUL, '');
  return cut(clean.trim(), max).trim();
}

/** The same on one line: line breaks become a blank. */
export function cleanLine(text: string, max: number): string {
  return cleanBlock(cleanBlock(text, 2 * max).replace(/ *\n[ \n]*/g, ' '), max);
}

/**
 * The same as a component of a structured value (N, ORG, ADR): without a backslash at its end. Escaped it would stand before
 * the semicolon that parts the components, and readers that look one character back (ical.js, Text::vCard) then do not part.
 */
export function cleanComponent(text: string, max: number): string {
  return cleanLine(text, max).replace(/[\\ ]+$/, '');
}

function cut(text: string, max: number): string {
  const points = Array.from(text.slice(0, 2 * max + 2));
  if (points.length <= max) return text;
  for (let end = max; end > 0 && end > max - LONGEST_CHARACTER; end -= 1) {
    const before = points.slice(0, end).join('');
    if (!JOINED.test(at(points, end)) && !before.endsWith(JOINER)) return before;
  }
  return points.slice(0, max).join('');
}

/**
 * RFC 2426 section 4 (`SAFE-CHAR`, `ESCAPED-CHAR`) and section 5; RFC 6350 section 3.4 says the same: in a text value a
 * backslash, a comma, a semicolon and a line break are escaped. The colon is not: RFC 2426 section 5 takes the escape of
 * RFC 2425 for it back.
 */
export function escapeText(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll(';', '\\;')
    .replaceAll(',', '\\,')
    .replaceAll('\n', '\\n');
}

/**
 * RFC 2426 section 3.6.8: a URL is a `uri`, in which nothing is escaped; but readers exist that undo escapes there too, and
 * some split at the comma. So a comma, semicolon or backslash is written in percent, and then every reading is the same.
 * Blanks are refused by the URI grammar and go the same way.
 */
export function escapeUri(uri: string): string {
  return uri.replace(/[\\;, "<>^`{|}\n]/g, percent);
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
