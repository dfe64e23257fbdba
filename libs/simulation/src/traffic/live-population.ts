import {
  chanceOf,
  drawFrom,
  drawGammaOfMeanOne,
  drawInteger,
  drawNormal,
  drawPoisson,
} from '../kernel/chance';
import { DAY_SECONDS, HOUR_SECONDS } from '../kernel/calendar';
import { addSession, fleetDays, HOURS, MEAN_SESSION, USER_DAY_SHAPE } from './population';
import { type Traffic, TrafficBuilder } from './traffic';

/** The people of a fleet as its forecast has them. */
export interface LivePopulation {
  /** Who is there on the first day, and the share by which they grow each day. */
  readonly users: number;
  readonly growthPerDay: number;
  readonly days: number;
  /** Messages of a user on a normal day in the mean, in and out, and the spread of users around it. */
  readonly messagesPerDay: number;
  readonly cv: number;
}

/**
 * People as {@link makePopulation} draws them, but as many and as talkative as a live fleet's, and nobody leaves: the
 * forecast's mean is over everybody, the silent ones too. Rates are log-normal with the given mean and coefficient of
 * variation. Those who are there now write for the first time on day 0, the others when growth brings them.
 */
export function makeLivePopulation(people: LivePopulation, seed: number): Traffic {
  const { users, growthPerDay, days, messagesPerDay, cv } = people;
  const chance = chanceOf(seed, 'population');
  const builder = new TrafficBuilder();
  const factors = fleetDays(days, chance);
  let sum = 0;
  const hours = HOURS.map((share) => (sum += share));
  const sigma = Math.sqrt(Math.log(1 + cv ** 2));
  // Each message has its answer, so half of them come in.
  const sessionsPerDay = messagesPerDay / 2 / MEAN_SESSION;
  const all = Math.floor(users * (1 + growthPerDay) ** (days - 1));
  for (let user = 0; user < all; user += 1) {
    const signsUp =
      user < users ? chance() : 1 + Math.log((user + 1) / users) / Math.log(1 + growthPerDay);
    const rate = sessionsPerDay * Math.exp(sigma * drawNormal(chance) - sigma ** 2 / 2);
    addSession(builder, chance, user, Math.floor(signsUp * DAY_SECONDS), days);
    for (let day = Math.ceil(signsUp); day < days; day += 1) {
      const mean = rate * (factors[day] ?? 1) * drawGammaOfMeanOne(chance, USER_DAY_SHAPE);
      const sessions = mean < 1e-9 ? 0 : drawPoisson(chance, mean);
      for (let s = 0; s < sessions; s += 1) {
        const at = drawFrom(chance, hours) * HOUR_SECONDS + drawInteger(chance, HOUR_SECONDS);
        addSession(builder, chance, user, day * DAY_SECONDS + at, days);
      }
    }
  }
  return builder.build(all);
}
