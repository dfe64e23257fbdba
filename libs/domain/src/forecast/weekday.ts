import type { FleetPolicy } from '../fleet-policy';
import { weekdayOf } from '../kernel/weekday';

/** One closed budget day of the whole fleet, beside what was expected of it when it began. */
export interface FleetDay {
  /** YYYY-MM-DD. */
  readonly day: string;
  /** Messages, in and out. */
  readonly messages: number;
  /** Sums over the users of that day of their forecast mean and variance, for a normal day. */
  readonly mean: number;
  readonly variance: number;
}

/** What each weekday is in normal days, from Sunday (0) to Saturday (6); their mean is 1. */
export type WeekdayIndex = readonly number[];

export const EVEN_WEEK: WeekdayIndex = [1, 1, 1, 1, 1, 1, 1];

/** What a weekday, or a day by its date, is in normal days. */
export function weekdayFactor(week: WeekdayIndex, day: string): number {
  return week[weekdayOf(day)] ?? 1;
}

/**
 * Learns the weekdays from the fleet's days, each taken relative to what its users were expected to bring, so that
 * a growing fleet is no trend, and weighted by that. A weekday seen n times at a ratio r counts
 * (kappa + n r) / (kappa + n); then the mean of the week is made 1. Days of which nothing was expected are left out.
 */
export function learnWeekdays(days: readonly FleetDay[], { forecast }: FleetPolicy): WeekdayIndex {
  const kappa = forecast.weekdayPriorWeeks;
  const seen = EVEN_WEEK.map((_even, weekday) => ratioOf(days, weekday));
  // Each weekday counts once, so that a window of ten days does not lean to three of them.
  const level = average(seen.filter(({ count }) => count > 0).map(({ ratio }) => ratio));
  if (level <= 0) return EVEN_WEEK;
  const week = seen.map(({ count, ratio }) => (kappa + (count * ratio) / level) / (kappa + count));
  const mean = average(week);
  return week.map((index) => index / mean);
}

/** What came on a weekday for each message expected, and as how many days of equal weight it was seen. */
function ratioOf(days: readonly FleetDay[], weekday: number): { count: number; ratio: number } {
  const own = days.filter(({ day, mean }) => mean > 0 && weekdayOf(day) === weekday);
  if (own.length === 0) return { count: 0, ratio: 0 };
  const expected = sum(own.map(({ mean }) => mean));
  return {
    count: expected ** 2 / sum(own.map(({ mean }) => mean ** 2)),
    ratio: sum(own.map(({ messages }) => messages)) / expected,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);

/** Of none it is 0. */
const average = (values: readonly number[]): number => sum(values) / Math.max(1, values.length);
