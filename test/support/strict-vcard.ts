/** A content line as a strict reader of RFC 2426 sees it. */
export interface ContentLine {
  readonly group: string | null;
  readonly name: string;
  /** As written, upper case, in order: `TYPE=CELL,VOICE`. */
  readonly params: readonly string[];
  /** Escapes undone; parted at the semicolons that were not escaped. */
  readonly parts: readonly string[];
}

const LINE = /^(?:([A-Za-z0-9-]+)\.)?([A-Za-z-]+)((?:;[A-Za-z-]+=[A-Za-z0-9,-]+)*):(.*)$/s;

/** Reads a vCard 3.0 and accepts nothing that the standard does not: throws at the first thing that is wrong. */
export function readStrictly(card: string): ContentLine[] {
  if (!card.endsWith('\r\n')) throw new Error('The last line has no end');
  const raw = card.slice(0, -2).split('\r\n');
  for (const line of raw) {
    if (Buffer.byteLength(line) > 75) throw new Error(`${Buffer.byteLength(line)} octets: ${line}`);
    // eslint-disable-next-line no-control-regex -- to find them is the point
    if (/[\u0000-\u001f\u007f]/.test(line)) throw new Error(`A control character: ${line}`);
    if (!line.isWellFormed()) throw new Error(`Half a character: ${line}`);
  }
  const lines: string[] = [];
  for (const line of raw) {
    if (line.startsWith(' ')) lines.push(`${lines.pop() ?? ''}${line.slice(1)}`);
    else lines.push(line);
  }
  const content = lines.map(readLine);
  const [first, second] = content;
  if (first?.name !== 'BEGIN' || second?.name !== 'VERSION' || content.at(-1)?.name !== 'END') {
    throw new Error('It does not begin and end as a card does');
  }
  return content;
}

function readLine(line: string): ContentLine {
  const match = LINE.exec(line);
  if (!match) throw new Error(`Not a content line: ${line}`);
  const [, group, name, params, value] = match;
  return {
    group: group ?? null,
    name: name ?? '',
    params: (params ?? '').split(';').slice(1),
    parts: unescape(value ?? '', name ?? ''),
  };
}

/** Addresses and parameters of these are not text: nothing in them is escaped. */
const NOT_TEXT = new Set(['TEL', 'UID', 'PHOTO', 'VERSION', 'PRODID', 'BEGIN', 'END']);

function unescape(value: string, name: string): string[] {
  if (NOT_TEXT.has(name)) return [value];
  const parts = [''];
  for (let i = 0; i < value.length; i += 1) {
    const character = value[i] ?? '';
    let added = character;
    if (character === ';') {
      parts.push('');
      continue;
    }
    if (character === ',') throw new Error(`A bare comma in ${name}`);
    if (character === '\\') {
      i += 1;
      const escaped = value[i] ?? '';
      if (!'\\;,nN'.includes(escaped) || escaped === '') throw new Error(`\\${escaped} in ${name}`);
      added = escaped === 'n' || escaped === 'N' ? '\n' : escaped;
    }
    parts.push(`${parts.pop() ?? ''}${added}`);
  }
  return parts;
}
