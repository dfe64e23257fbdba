import type { Capacity } from './capacity';
import type { UserDays } from './user-days';

const ROUNDS = 80;
const FIRST_STEP = 0.5;

/**
 * What a message costs on each day, in messages: the multipliers of the days' capacities, by subgradient steps on the
 * dual of choosing users (each from their best day on) for the whole fleet. 0 on days with room, above it where
 * messages compete for it.
 */
export function dayPrices(users: UserDays, capacity: Capacity): Float64Array {
  const room = new Float64Array(users.days);
  for (let line = 0; line < capacity.lines; line += 1) {
    for (let day = 0; day < users.days; day += 1) {
      room[day] = (room[day] ?? 0) + (capacity.of[line * capacity.days + day] ?? 0);
    }
  }
  const prices = new Float64Array(users.days);
  const load = new Float64Array(users.days);
  for (let round = 0; round < ROUNDS; round += 1) {
    loadAt(users, prices, load);
    const step = FIRST_STEP / (1 + round / 8);
    for (let day = 0; day < users.days; day += 1) {
      const limit = room[day] ?? 0;
      if (limit === Infinity) continue;
      // Far too much counts as twice too much, so that one crowded day does not swing.
      const excess = Math.min(1, ((load[day] ?? 0) - limit) / Math.max(1, limit));
      prices[day] = Math.max(0, (prices[day] ?? 0) + step * excess);
    }
  }
  return prices;
}

/** What the days would carry if each user came from the day on from which they are worth most, or not at all. */
function loadAt(users: UserDays, prices: Float64Array, load: Float64Array): void {
  load.fill(0);
  for (const user of users.arrivals) {
    const first = users.from[user] ?? 0;
    let value = 0;
    let most = 0;
    let best = -1;
    for (let cell = (users.from[user + 1] ?? 0) - 1; cell >= first; cell -= 1) {
      value += (users.messages[cell] ?? 0) * (1 - (prices[users.day[cell] ?? 0] ?? 0));
      if (value <= most) continue;
      most = value;
      best = cell;
    }
    if (best < 0) continue;
    for (let cell = best; cell < (users.from[user + 1] ?? 0); cell += 1) {
      const day = users.day[cell] ?? 0;
      load[day] = (load[day] ?? 0) + (users.messages[cell] ?? 0);
    }
  }
}
