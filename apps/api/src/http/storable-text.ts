/** Half of a character: JSON can spell it, UTF-8 cannot. */
const HALF_A_CHARACTER = /\p{Surrogate}/u;

/**
 * Where in a parsed request the first text stands that no database of ours can keep: one with U+0000 or with half of
 * a surrogate pair, as a value or as a key. The path is dotted and empty for the value itself; null when every text
 * can be kept. The depth of `value` is bounded by the body parser.
 */
export function unstorableTextIn(value: unknown, path = ''): string | null {
  if (typeof value === 'string') return isStorable(value) ? null : path;
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, each] of Object.entries(value)) {
    if (!isStorable(key)) return path;
    const found = unstorableTextIn(each, path === '' ? key : `${path}.${key}`);
    if (found !== null) return found;
  }
  return null;
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && !HALF_A_CHARACTER.test(text);
}
