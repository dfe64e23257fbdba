import { DAY_MS, type EpochMs, HOUR_MS } from './time';

interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Making a formatter costs a thousand times more than using one, so each zone's is kept. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known) return known;
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(zone, formatter);
  return formatter;
}

function localTime(at: EpochMs, zone: string): LocalTime {
  if (zone === 'UTC') return utcTime(at);
  const parts = formatterOf(zone).formatToParts(at);
  const numbers = Object.fromEntries(parts.map(({ type, value }) => [type, Number(value)]));
  // The formatter is made with exactly these fields.
  return numbers as unknown as LocalTime;
}

function utcTime(at: EpochMs): LocalTime {
  const date = new Date(at);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

/** The wall-clock time written as if it were UTC: good for arithmetic on calendar days. */
function asUtc(local: LocalTime): EpochMs {
  return Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute, local.second);
}

/** Whether a text names an IANA time zone. */
export function isZone(zone: string): boolean {
  try {
    formatterOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** The hour of day, 0 to 23, that a clock on the wall shows in the zone. */
export function localHour(now: EpochMs, zone: string): number {
  return localTime(now, zone).hour;
}

/**
 * The budget day that contains `now`, as YYYY-MM-DD: the calendar day on which it began, `startHour` o'clock in
 * the zone. A day of a clock change has 23 or 25 hours; the ledger does not care, it counts epoch hours.
 */
export function budgetDay(now: EpochMs, zone: string, startHour: number): string {
  const local = asUtc(localTime(now, zone));
  return new Date(local - startHour * HOUR_MS).toISOString().slice(0, 10);
}

/** Offsets of zones are whole quarters of an hour, and so are their changes. */
const QUARTER_MS = HOUR_MS / 4;

/**
 * The instant at which a budget day begins. When the clocks skip that hour it begins where they go on; when they
 * show it twice, with the first time.
 */
export function budgetDayStart(day: string, zone: string, startHour: number): EpochMs {
  const wanted = Date.parse(`${day}T00:00:00Z`) + startHour * HOUR_MS;
  const guess = wanted - (asUtc(localTime(wanted, zone)) - wanted);
  // A second look corrects the offset when the first guess lay on the other side of a clock change.
  const near = wanted - (asUtc(localTime(guess, zone)) - guess);
  // Near a change there may be no such time or two: the first quarter at or after it is the one.
  let at = near - HOUR_MS;
  while (asUtc(localTime(at, zone)) < wanted) at += QUARTER_MS;
  return at;
}

/** The day after, by the calendar. */
export function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
}

/**
 * The next instant at which a non-reply may go out: `now` itself inside [fromHour, toHour) of the zone, else the
 * start of the next such hour. Looks ahead step by step, which is right across clock changes too.
 */
export function nextWakingInstant(
  now: EpochMs,
  zone: string,
  hours: { readonly fromHour: number; readonly toHour: number },
): EpochMs {
  const awake = (at: EpochMs): boolean => {
    const hour = localHour(at, zone);
    return hour >= hours.fromHour && hour < hours.toHour;
  };
  if (awake(now)) return now;
  // The first waking quarter is the first waking instant.
  let at = (Math.floor(now / QUARTER_MS) + 1) * QUARTER_MS;
  for (let i = 0; i < 4 * 26 && !awake(at); i += 1) at += QUARTER_MS;
  return at;
}
