import type { FleetPolicy } from '../fleet-policy';
import { DAY_MS } from '../kernel/time';
import { weekdayOf } from '../kernel/weekday';
import {
  EVEN_WEEK,
  type FleetDay,
  learnWeekdays,
  weekdayFactor,
  type WeekdayIndex,
  weekOf,
} from './weekday';

/** What the whole fleet's days are like: the day factor that all lines share, and the weekdays. */
export interface FleetOutlook {
  /** Spread (coefficient of variation) of the day factor, whose mean is 1. */
  readonly sigma: number;
  readonly week: WeekdayIndex;
  /** The busiest weekday: whoever is admitted now is there on each weekday of the coming week. */
  readonly peak: number;
  /** Days that it was learned from; 0 while it is the policy's assumption. */
  readonly days: number;
}

/** The part of an outlook that the risk of a line's day rests on. */
export type DayRisk = Pick<FleetOutlook, 'sigma' | 'peak'>;

/** What the policy assumes until there are days to learn from. */
export function assumedOutlook({ admission }: FleetPolicy): FleetOutlook {
  return { sigma: admission.sigmaFleetDay, week: EVEN_WEEK, peak: 1, days: 0 };
}

/**
 * Learns the fleet's day factor from the totals of its last days (oldest first), weekday and trend removed. What
 * users vary by on their own is not the fleet's and is taken off; the start value of the policy counts
 * `fleetDayPriorDays` days beside those seen.
 */
export function learnOutlook(days: readonly FleetDay[], policy: FleetPolicy): FleetOutlook {
  const { fleetDayWindowDays, fleetDayPriorDays } = policy.forecast;
  const window = days.slice(-fleetDayWindowDays).filter(({ mean }) => mean > 0);
  const week = learnWeekdays(window, policy);
  const known = { week, peak: Math.max(...week), days: window.length };
  // To be removed, the weekdays are taken as they were seen: what shrinking leaves of them is no day factor.
  const seen = weekOf(window, 0);
  const points = window.flatMap(({ day, messages, mean }) => {
    const factor = weekdayFactor(seen, day);
    const at = Date.parse(`${day}T00:00:00Z`) / DAY_MS;
    return factor > 0 ? [{ at, ratio: messages / (mean * factor) }] : [];
  });
  // The line takes two degrees of freedom, the weekdays one less than there are.
  const weekdays = new Set(window.map(({ day }) => weekdayOf(day))).size;
  const freedom = points.length - 1 - weekdays;
  const start = policy.admission.sigmaFleetDay;
  // Days without a single message tell nothing of how days differ.
  const silent = points.every(({ ratio }) => ratio === 0);
  if (freedom < 1 || silent) return { ...known, sigma: start };
  const own =
    window.reduce((sum, { mean, variance }) => sum + variance / (mean * mean), 0) / window.length;
  const squared = Math.max(0, (squaresAroundTrend(points) / freedom - own) / (1 + own));
  const weight = fleetDayPriorDays + freedom;
  const sigma = Math.sqrt((fleetDayPriorDays * start ** 2 + freedom * squared) / weight);
  return { ...known, sigma };
}

/** Squared deviations from the straight line through the points, relative to their level. */
function squaresAroundTrend(
  points: readonly { readonly at: number; readonly ratio: number }[],
): number {
  const count = points.length;
  const level = points.reduce((sum, { ratio }) => sum + ratio, 0) / count;
  const middle = points.reduce((sum, { at }) => sum + at, 0) / count;
  const spread = points.reduce((sum, { at }) => sum + (at - middle) ** 2, 0);
  const tilt = points.reduce((sum, { at, ratio }) => sum + (at - middle) * ratio, 0) / spread;
  return points.reduce((sum, { at, ratio }) => {
    const off = ratio - level - tilt * (at - middle);
    return sum + (off / level) ** 2;
  }, 0);
}
