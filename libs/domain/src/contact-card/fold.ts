/** RFC 2426: no line is longer than 75 octets without its line break; a continuation begins with one blank. */
const MAX_OCTETS = 75;

const utf8 = new TextEncoder();

/** Folds one content line between characters, never inside one. */
export function foldLine(line: string): string {
  const folded: string[] = [];
  let current = '';
  let octets = 0;
  for (const character of line) {
    const size = utf8.encode(character).length;
    if (octets + size > MAX_OCTETS) {
      folded.push(current);
      current = ' ';
      octets = 1;
    }
    current += character;
    octets += size;
  }
  folded.push(current);
  return folded.join('\r\n');
}
