import type { FastifyInstance } from 'fastify';
import { fieldsOfForm, type FormField } from './multipart';

const MAX_BYTES = 100 * 1_024 * 1_024;
const NAME = /^([^[\]]+)((?:\[[^[\]]*\])*)$/;

/** Lets the routes take forms with files, under names such as `message[attachments][]`. */
export function acceptForms(app: FastifyInstance): void {
  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer', bodyLimit: MAX_BYTES },
    (request, body, done) => {
      try {
        const type = request.headers['content-type'] ?? '';
        done(null, objectOf(fieldsOfForm(Buffer.from(body), type)));
      } catch {
        done(Object.assign(new Error('The form is malformed'), { statusCode: 400 }));
      }
    },
  );
}

type Tree = Record<string, unknown>;

/** `a[b]=1` and `a[c][]=2` as `{a: {b: '1', c: ['2']}}`; files are kept with their bytes. */
function objectOf(fields: readonly FormField[]): Tree {
  const tree: Tree = {};
  for (const field of fields) {
    const leaf = field.filename === null ? field.bytes.toString('utf8') : new UploadedFile(field);
    put(tree, pathOf(field.name), leaf);
  }
  return tree;
}

/** A file as it came in a form. */
export class UploadedFile {
  readonly filename: string;
  readonly contentType: string;
  /** In base64. */
  readonly bytes: string;
  readonly sizeBytes: number;

  constructor({ filename, contentType, bytes }: FormField) {
    this.filename = filename === null || filename === '' ? 'file' : filename;
    this.contentType = contentType === '' ? 'application/octet-stream' : contentType;
    this.bytes = bytes.toString('base64');
    this.sizeBytes = bytes.length;
  }
}

function pathOf(name: string): string[] {
  const match = NAME.exec(name);
  if (!match) throw new Error('A name of the form is malformed');
  const inner = [...(match[2] ?? '').matchAll(/\[([^[\]]*)\]/g)].map(([, key]) => key ?? '');
  return [match[1] ?? '', ...inner];
}

function put(tree: Tree, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  // What every object inherits is no part of the form.
  const known = Object.hasOwn(tree, key) ? tree[key] : undefined;
  if (rest.length === 0) tree[key] = value;
  else if (rest.length === 1 && rest[0] === '') {
    tree[key] = Array.isArray(known) ? [...(known as unknown[]), value] : [value];
  } else {
    const inner = typeof known === 'object' && known !== null ? (known as Tree) : {};
    tree[key] = inner;
    put(inner, rest, value);
  }
}
