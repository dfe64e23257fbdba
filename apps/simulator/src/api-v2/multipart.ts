/** One field of a form, with the bytes as they came. */
export interface FormField {
  readonly name: string;
  /** Null for a plain value. */
  readonly filename: string | null;
  readonly contentType: string;
  readonly bytes: Buffer;
}

const BOUNDARY = /boundary=(?:"([^"]+)"|([^;\s]+))/i;

/** The fields of a multipart form (RFC 7578). Throws when it is none. */
export function fieldsOfForm(body: Buffer, contentType: string): FormField[] {
  const match = BOUNDARY.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) throw new Error('The form names no boundary');
  // One character a byte, so that positions in the text are positions in the bytes.
  const pieces = `\r\n${body.toString('latin1')}`.split(`\r\n--${boundary}`);
  const [, ...rest] = pieces;
  if (!rest.at(-1)?.startsWith('--')) throw new Error('The form has no end');
  return rest.slice(0, -1).map(fieldOf);
}

function fieldOf(piece: string): FormField {
  const end = piece.indexOf('\r\n\r\n');
  if (end < 0) throw new Error('A field of the form has no head');
  const head = Buffer.from(piece.slice(0, end), 'latin1').toString('utf8');
  const name = /\bname="([^"]*)"/i.exec(head)?.[1];
  if (name === undefined) throw new Error('A field of the form has no name');
  return {
    name: decoded(name),
    filename: decoded(/\bfilename="([^"]*)"/i.exec(head)?.[1] ?? null),
    contentType: /^content-type:\s*(\S+)/im.exec(head)?.[1] ?? '',
    bytes: Buffer.from(piece.slice(end + 4), 'latin1'),
  };
}

/** Browsers and fetch write these three, and nothing else, in percent. */
function decoded<T extends string | null>(text: T): T;
function decoded(text: string | null): string | null {
  if (text === null) return null;
  return text.replaceAll('%22', '"').replaceAll('%0D', '\r').replaceAll('%0A', '\n');
}
