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
 * a growing fleet is no trend. A weekday seen n times at a mean ratio r counts (kappa + n r) / (kappa + n); then
 * the mean of the week is made 1. Days of which nothing was expected are left out.
 */
export function learnWeekdays(days: readonly FleetDay[], { forecast }: FleetPolicy): WeekdayIndex {
  return weekOf(days, forecast.weekdayPriorWeeks);
}

/** The same, with any weight of the even week: with 0 the weekdays are just as they were seen. */
export function weekOf(days: readonly FleetDay[], kappa: number): WeekdayIndex {
  const known = days
    .filter(({ mean }) => mean > 0)
    .map(({ day, messages, mean }) => ({ weekday: weekdayOf(day), ratio: messages / mean }));
  const seen = EVEN_WEEK.map((_even, weekday) => {
    const ratios = known.filter((each) => each.weekday === weekday).map(({ ratio }) => ratio);
    return { count: ratios.length, ratio: average(ratios) };
  });
  // Each weekday counts once, so that a window of ten days does not lean to three of them.
  const level = average(seen.filter(({ count }) => count > 0).map(({ ratio }) => ratio));
  if (level <= 0) return EVEN_WEEK;
  const week = seen.map(({ count, ratio }) =>
    count > 0 ? (kappa + (count * ratio) / level) / (kappa + count) : 1,
  );
  const mean = average(week);
  return week.map((index) => index / mean);
}

/** Of none it is 0. */
function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
