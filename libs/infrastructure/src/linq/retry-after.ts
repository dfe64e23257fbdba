/** Whole seconds to wait by the header `Retry-After`; a date there is counted from the answer's own date. Null without. */
export function retryAfterOf(headers: Headers | undefined): number | null {
  const value = headers?.get('retry-after')?.trim();
  if (!value) return null;
  if (/^\d{1,9}(?:\.\d{1,9})?$/.test(value)) return Math.ceil(Number(value));
  const seconds = (Date.parse(value) - Date.parse(headers?.get('date') ?? '')) / 1_000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : null;
}
