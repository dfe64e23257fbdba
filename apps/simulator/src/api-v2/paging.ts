import { unprocessable } from './errors';

const DEFAULT_SIZE = 25;
const MAX_SIZE = 100;

interface Page<T> {
  readonly page: T[];
  readonly meta: object;
}

/** One page of a list, counted from 1, and how many there are. A page beyond the end is empty. */
export function pageOf<T>(rows: readonly T[], query: Readonly<Record<string, unknown>>): Page<T> {
  const page = wholeOf(query['page'], 'page', 1);
  const size = Math.min(MAX_SIZE, wholeOf(query['per_page'], 'per_page', DEFAULT_SIZE));
  const from = (page - 1) * size;
  return {
    page: rows.slice(from, from + size),
    meta: {
      page,
      total_pages: Math.ceil(rows.length / size),
      total_count: rows.length,
      per_page: size,
    },
  };
}

function wholeOf(value: unknown, name: string, fallback: number): number {
  if (value === undefined || value === '') return fallback;
  if (typeof value === 'string' && /^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw unprocessable(`${name} must be a whole number from 1`);
}
