import { DAY_MS, type EpochMs, SECOND_MS } from '@linekeeper/domain';

/** Local midnight of a trace's first day, put on a Monday. Simulations know one zone, UTC. */
export const ORIGIN: EpochMs = Date.UTC(2024, 0, 1);
export const ZONE = 'UTC';
export const DAY_SECONDS = 86_400;
export const HOUR_SECONDS = 3_600;

export function instantOf(seconds: number): EpochMs {
  return ORIGIN + seconds * SECOND_MS;
}

export function secondsOf(at: EpochMs): number {
  return (at - ORIGIN) / SECOND_MS;
}

/**
 * The budget day of a second: 0 is the one that begins on the trace's first day, -1 what lies before its start
 * hour. In tables and files; arrays use {@link dayIndex}.
 */
export function dayLabel(seconds: number, dayStartHour: number): number {
  return Math.floor((seconds - dayStartHour * HOUR_SECONDS) / DAY_SECONDS);
}

/** The same from 0, for arrays. */
export function dayIndex(seconds: number, dayStartHour: number): number {
  return dayLabel(seconds, dayStartHour) + 1;
}

/** The second at which the budget day of an index begins. */
export function dayBegin(index: number, dayStartHour: number): number {
  return (index - 1) * DAY_SECONDS + dayStartHour * HOUR_SECONDS;
}

/** When the next budget day begins, as an instant. */
export function nextDayAt(index: number, dayStartHour: number): EpochMs {
  return instantOf(dayBegin(index, dayStartHour)) + DAY_MS;
}
