/** V2 tells local times six hours behind UTC, in summer too: so do the examples, of every season. */
const OFFSET_MS = -6 * 3_600_000;

/** As in the envelope of a webhook: `2026-01-01T00:00:00-06:00`. */
export function withOffset(at: number): string {
  return `${localSecond(at)}-06:00`;
}

/** As inside it: `2026-01-01 00:00:00 -0600`, which is not RFC 3339. */
export function spaced(at: number): string {
  return `${localSecond(at).replace('T', ' ')} -0600`;
}

/** As in answers: `2026-01-01T06:00:00Z`. */
export function toSecond(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}

export const toSecondOrNull = (at: number | null): string | null =>
  at === null ? null : toSecond(at);

function localSecond(at: number): string {
  return toSecond(at + OFFSET_MS).replace('Z', '');
}
