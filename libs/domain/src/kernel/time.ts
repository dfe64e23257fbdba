/** An instant as milliseconds since 1970-01-01T00:00:00Z. The domain never asks for it; it is handed in. */
export type EpochMs = number;

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/**
 * The epoch hour of an instant: whole hours since 1970. Usage is kept by epoch hour because it knows neither
 * midnight nor daylight saving, so no window of 24 hours can be cut in two.
 */
export function epochHour(at: EpochMs): number {
  return Math.floor(at / HOUR_MS);
}
