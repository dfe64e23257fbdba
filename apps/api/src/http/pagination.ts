import { Refusal } from '@linekeeper/application';
import { z } from 'zod';

/** The query of every list: `?limit&cursor`. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('Rows on a page'),
  cursor: z.string().max(200).optional().describe('nextCursor of the page before'),
});

export interface Page<T> {
  readonly data: readonly T[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

/** The schema of a page of `item`, for the documentation of the answer. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ data: z.array(item), nextCursor: z.string().nullable() });
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Ids of the provider's events are its own affair; these are the characters they are known to have. */
const EVENT_ID = /^[\w:.+@-]{1,140}$/;

const VERSION = /^\d{1,9}$/;

/** The id that a cursor of a list of ours stands for. Refuses a cursor that is of another list, or of none. */
export function afterOf(cursor: string | undefined): string | undefined {
  return idIn(cursor, UUID);
}

/** The provider's event id that a cursor stands for. */
export function afterEventOf(cursor: string | undefined): string | undefined {
  return idIn(cursor, EVENT_ID);
}

/** The version that a cursor of a list of versions stands for. */
export function versionBefore(cursor: string | undefined): number | undefined {
  const version = idIn(cursor, VERSION);
  return version === undefined ? undefined : Number(version);
}

function idIn(cursor: string | undefined, form: RegExp): string | undefined {
  if (cursor === undefined) return undefined;
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!form.test(id)) {
    throw new Refusal('request.invalid', 'cursor: not one of the cursors of this list');
  }
  return id;
}

/** A page of a list that is short enough to be read as a whole, in the list's own order. */
export function pageOfAll<Row, T>(
  rows: readonly Row[],
  { limit, cursor }: z.infer<typeof pageQuery>,
  idOf: (row: Row) => string,
  map: (row: Row) => T,
): Page<T> {
  const after = afterOf(cursor);
  const at = after === undefined ? -1 : rows.findIndex((row) => idOf(row) === after);
  if (after !== undefined && at < 0) {
    throw new Refusal('request.invalid', 'cursor: not one of this list');
  }
  return pageFrom(rows.slice(at + 1, at + 2 + limit), limit, idOf, map);
}

/** Cuts a page out of `limit + 1` rows: the extra row only tells that there is more. */
export function pageFrom<Row, T>(
  rows: readonly Row[],
  limit: number,
  idOf: (row: Row) => string,
  map: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    data: shown.map(map),
    nextCursor: more ? Buffer.from(idOf(last), 'utf8').toString('base64url') : null,
  };
}
