import { DAY_MS, type EpochMs } from './time';

/** Days from Monday to the Thursday that names a week's year. */
const TO_THURSDAY = 3;

/** The ISO 8601 week of an instant in UTC, such as 2026-W10. Weeks begin on Monday. */
export function isoWeek(at: EpochMs): string {
  const day = Math.floor(at / DAY_MS);
  // 1970-01-01 was a Thursday, three days after a Monday.
  const monday = day - ((((day + TO_THURSDAY) % 7) + 7) % 7);
  const year = new Date((monday + TO_THURSDAY) * DAY_MS).getUTCFullYear();
  const january4 = Math.floor(Date.UTC(year, 0, 4) / DAY_MS);
  const firstMonday = january4 - ((january4 + TO_THURSDAY) % 7);
  return `${year}-W${String((monday - firstMonday) / 7 + 1).padStart(2, '0')}`;
}
