import type { EpochMs } from '@linekeeper/domain';

const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,18}))?(?:[Zz]|([+-])(\d\d):?(\d\d))?$/;
/** Longer than any timestamp of the provider; what is longer is not even looked at. */
const MAX_LENGTH = 64;

/**
 * Reads a timestamp of the provider: RFC 3339 with any number of fraction digits (cut to milliseconds), with `Z`
 * or an offset. Without either it is taken as UTC, which is what the provider writes. Null for everything else,
 * also for instants before 1970: an unset time of the provider's language is written as the year 1.
 */
export function parseInstant(text: unknown): EpochMs | null {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return null;
  const match = INSTANT.exec(text.trim());
  if (!match) return null;
  const at = (group: number): number => Number(match[group] ?? '0');
  const [year, month, day] = [at(1), at(2), at(3)];
  const [hour, minute, second] = [at(4), at(5), at(6)];
  const [offsetHour, offsetMinute] = [at(9), at(10)];
  // A second of 60 is a leap second; it falls on the first second of the next minute.
  if (year < 1970 || hour > 23 || minute > 59 || second > 60) return null;
  if (offsetHour > 23 || offsetMinute > 59) return null;
  const midnight = Date.UTC(year, month - 1, day);
  const date = new Date(midnight);
  // The calendar rolls 30 February over into March; such a date was never meant.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  const milliseconds = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const local = midnight + ((hour * 60 + minute) * 60 + second) * 1_000 + milliseconds;
  const offset = (offsetHour * 60 + offsetMinute) * 60_000;
  const instant = match[8] === '-' ? local + offset : local - offset;
  return instant < 0 ? null : instant;
}
