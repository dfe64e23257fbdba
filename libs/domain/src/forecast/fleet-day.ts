import type { FleetPolicy } from '../fleet-policy';
import type { UserPrior } from './prior';
import {
  EVEN_WEEK,
  type FleetDay,
  learnWeekdays,
  weekdayFactor,
  type WeekdayIndex,
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
 * Spread of the level that an assumed prior may be wrong by. What products bring per user lies within a factor of
 * two of the assumption more often than not, and everybody who is new shares that error: no number of them
 * averages it out. Played on ServeGen's tenants, without any doubt 5 % of line-days are over budget, with 0.5 it is
 * 1.1 %, with 0.6 it is 0.6 %.
 */
const DOUBT_OF_ASSUMED = 0.6;

/** The risk of a day to those who admit newcomers: what of their prior is only assumed is doubted, for all at once. */
export function newcomerRisk({ sigma, peak }: DayRisk, { learned }: UserPrior): DayRisk {
  return { sigma: Math.hypot(sigma, DOUBT_OF_ASSUMED * (1 - learned)), peak };
}

/**
 * Learns the fleet's day factor from its last days (oldest first), weekdays removed: how far they went beyond what
 * was forecast of their users. Only what lies above counts, and twice, as half of an even spread does (the upper
 * semi-variance about the forecast): a quiet day overfills no line, and a population that leaves is quiet for
 * weeks. Days weigh by the square of what was expected of them, for the ratio of a handful of users says little.
 * What users vary by on their own is not the fleet's and is taken off; the start value of the policy counts
 * `fleetDayPriorDays` days beside those seen.
 */
export function learnOutlook(days: readonly FleetDay[], policy: FleetPolicy): FleetOutlook {
  const { fleetDayWindowDays, fleetDayPriorDays } = policy.forecast;
  const window = days.slice(-fleetDayWindowDays).filter(({ mean }) => mean > 0);
  const week = learnWeekdays(window, policy);
  const known = { week, peak: Math.max(...week), days: window.length };
  const start = policy.admission.sigmaFleetDay;
  // Days without a single message tell nothing of how days differ.
  if (window.every(({ messages }) => messages === 0)) return { ...known, sigma: start };
  const sums = { squares: 0, fourths: 0, own: 0, beyond: 0 };
  for (const { day, messages, mean, variance } of window) {
    const factor = weekdayFactor(week, day);
    sums.squares += mean ** 2;
    sums.fourths += mean ** 4;
    sums.own += variance;
    sums.beyond += 2 * Math.max(0, messages / factor - mean) ** 2;
  }
  // As many days as would weigh the same if each of them weighed alike.
  const counted = sums.squares ** 2 / sums.fourths;
  const squared = Math.max(0, (sums.beyond - sums.own) / (sums.squares + sums.own));
  const weight = fleetDayPriorDays + counted;
  const sigma = Math.sqrt((fleetDayPriorDays * start ** 2 + counted * squared) / weight);
  return { ...known, sigma };
}
