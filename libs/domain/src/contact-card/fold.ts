import { at } from '../kernel/at';

/** RFC 2426 section 2.6 (RFC 6350 section 3.2): no line is longer than 75 octets, its line break not counted. */
const MAX_OCTETS = 75;
/** How far before the last place a better one is looked for. */
const LOOK_BACK = 24;

/**
 * Folds one content line: CRLF and one blank, which belongs to the fold and not to the value. Only between code points,
 * as RFC 6350 section 3.2 demands. Where it can be had the fold stands between two characters that are no blanks, because
 * there are readers that trim lines, and not inside an escape, because there are readers that unescape line by line.
 */
export function foldLine(line: string): string {
  const characters = Array.from(line);
  const folded: string[] = [];
  let start = 0;
  let room = MAX_OCTETS;
  while (start < characters.length) {
    const last = lastThatFits(characters, start, room);
    const end = last === characters.length ? last : betterPlace(characters, start, last);
    folded.push(characters.slice(start, end).join(''));
    start = end;
    // The blank that begins a continuation is one of its octets.
    room = MAX_OCTETS - 1;
  }
  return folded.join('\r\n ');
}

function lastThatFits(characters: readonly string[], start: number, room: number): number {
  let end = start;
  let octets = 0;
  for (; end < characters.length; end += 1) {
    octets += octetsOf(at(characters, end));
    if (octets > room) break;
  }
  return end;
}

function betterPlace(characters: readonly string[], start: number, last: number): number {
  for (let end = last; end > start + 1 && end > last - LOOK_BACK; end -= 1) {
    if (isBetween(at(characters, end - 1), at(characters, end))) return end;
  }
  return last;
}

function isBetween(before: string, after: string): boolean {
  return before !== ' ' && after !== ' ' && before !== '\\';
}

/** Octets of a code point in UTF-8 (RFC 3629 section 3). */
function octetsOf(character: string): number {
  const point = character.codePointAt(0);
  if (point === undefined || point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
}
