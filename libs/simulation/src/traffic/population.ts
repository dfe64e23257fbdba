import {
  type Chance,
  chanceOf,
  drawExponential,
  drawFrom,
  drawGammaOfMeanOne,
  drawInteger,
  drawNormal,
  drawPoisson,
} from '../kernel/chance';
import { DAY_SECONDS, HOUR_SECONDS } from '../kernel/calendar';
import { type Traffic, TrafficBuilder } from './traffic';

/** Size of a made-up population. */
export interface PopulationSize {
  readonly users: number;
  readonly days: number;
  /** Share of the days over which people sign up evenly; the rest shows what becomes of them. */
  readonly signUpShare?: number;
}

// What CollegeMsg's users are like (Panzarasa, Opsahl, Carley 2009), as measured for this project.
/** Spread of the logarithm of users' rates. */
export const RATE_SIGMA = 1;
/** Mean and tail of a session of messages at most 30 minutes apart: P(size >= n) = n^-1.55, as p90 = 4 and p99 = 20 say. */
export const MEAN_SESSION = 2.3;
const SESSION_TAIL = 1.55;
const MAX_SESSION = 165;
/** Alive after 7, 30 and 90 days: .72, .49, .24; a Weibull law through them. */
const LIFE_SCALE_DAYS = 54;
const LIFE_SHAPE = 0.57;
/** Shape of a user's own day factor: the negative binomial's k within a user in the busy weeks. */
export const USER_DAY_SHAPE = 0.43;
/** Mean sessions of a living user and day: with the sessions' size between 4 and 5 messages on an active day. */
const SESSIONS_PER_DAY = 0.4;
/** The day factor that all users share: spread of its logarithm, and how much of it stays until the next day. */
const FLEET_DAY_SIGMA = 0.3;
const FLEET_DAY_MEMORY = 0.3;
/** Monday to Sunday, mean 1. */
const WEEKDAYS = [1.06, 1.17, 1.27, 1.18, 0.83, 0.7, 0.8] as const;
/** Per cent of messages by hour of the day, from midnight. */
export const HOURS = [
  9.7, 8.4, 7, 5, 2.3, 0.8, 0.3, 0.4, 0.7, 1.2, 2.3, 2.7, 3.1, 3.1, 4.1, 4.1, 4.5, 4.3, 4.4, 4.7,
  5.1, 6, 7, 8.9,
] as const;

/** Messages that a person sends in one go. */
export function drawSessionSize(chance: Chance): number {
  return Math.min(MAX_SESSION, Math.floor((1 - chance()) ** (-1 / SESSION_TAIL)));
}

/**
 * A population that anyone can make: heavy-tailed rates, sessions, weekday and hour profile, a day factor common to
 * all, and churn. Every message has its answer. The same seed gives the same people.
 */
export function makePopulation(size: PopulationSize, seed: number): Traffic {
  const chance = chanceOf(seed, 'population');
  const builder = new TrafficBuilder();
  const factors = fleetDays(size.days, chance);
  let sum = 0;
  const hours = HOURS.map((share) => (sum += share));
  const signUpDays = (size.signUpShare ?? 0.7) * size.days;
  for (let user = 0; user < size.users; user += 1) {
    const from = chance() * signUpDays;
    const lives = LIFE_SCALE_DAYS * drawExponential(chance, 1) ** (1 / LIFE_SHAPE);
    const rate = SESSIONS_PER_DAY * Math.exp(RATE_SIGMA * drawNormal(chance) - RATE_SIGMA ** 2 / 2);
    const until = Math.min(size.days, from + lives);
    // Everyone signs up by writing; what follows is drawn day by day.
    addSession(builder, chance, user, Math.floor(from * DAY_SECONDS), size.days);
    for (let day = Math.ceil(from); day < until; day += 1) {
      const mean = rate * (factors[day] ?? 1) * drawGammaOfMeanOne(chance, USER_DAY_SHAPE);
      const sessions = mean < 1e-9 ? 0 : drawPoisson(chance, mean);
      for (let s = 0; s < sessions; s += 1) {
        const at = drawFrom(chance, hours) * HOUR_SECONDS + drawInteger(chance, HOUR_SECONDS);
        addSession(builder, chance, user, day * DAY_SECONDS + at, size.days);
      }
    }
  }
  return builder.build(size.users);
}

/** The factor of each day that all users share, its weekday in it. */
export function fleetDays(days: number, chance: Chance): number[] {
  let level = 0;
  return Array.from({ length: days }, (_, day) => {
    const news = Math.sqrt(1 - FLEET_DAY_MEMORY ** 2) * drawNormal(chance);
    level = FLEET_DAY_MEMORY * level + news;
    const common = Math.exp(FLEET_DAY_SIGMA * level - FLEET_DAY_SIGMA ** 2 / 2);
    return common * (WEEKDAYS[day % 7] ?? 1);
  });
}

/** Seconds between the messages of a session, at most. */
const SESSION_GAP_SECONDS = 120;

/** Messages of one go, each with its answer, from a second on; what would come after the last day is left out. */
export function addSession(
  builder: TrafficBuilder,
  chance: Chance,
  user: number,
  from: number,
  days: number,
): void {
  const size = drawSessionSize(chance);
  let at = from;
  for (let i = 0; i < size && at < days * DAY_SECONDS - SESSION_GAP_SECONDS; i += 1) {
    builder.addWithReply(at, user);
    at += 1 + drawInteger(chance, SESSION_GAP_SECONDS);
  }
}
