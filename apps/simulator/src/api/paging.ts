/** A page out of a list; the cursor is an offset, and never stands beside an empty page. */
export function pageOf<T>(
  rows: readonly T[],
  query: Readonly<Record<string, unknown>>,
  fallback: number,
): { page: T[]; nextCursor: string | null } {
  const limit = Math.min(100, Math.max(1, Number(query['limit'] ?? fallback) || fallback));
  const from = Math.max(0, Number(query['cursor'] ?? 0) || 0);
  const page = rows.slice(from, from + limit);
  const next = from + limit;
  return { page, nextCursor: next < rows.length ? String(next) : null };
}
