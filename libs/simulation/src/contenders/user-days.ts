import { dayIndex } from '../kernel/calendar';
import type { Traffic } from '../traffic/traffic';

/** What each user sends and gets on each day, as rows of a sparse matrix: all that the offline bounds look at. */
export interface UserDays {
  readonly users: number;
  readonly days: number;
  /** The cells of user u lie from `from[u]` to `from[u + 1]`, in order of the days. */
  readonly from: Uint32Array;
  readonly day: Uint16Array;
  readonly messages: Uint32Array;
  /** Messages of a user over all days. */
  readonly total: Float64Array;
  /** Users in the order in which they first write. */
  readonly arrivals: Uint32Array;
}

export function userDaysOf(traffic: Traffic, dayStartHour: number): UserDays {
  const { users } = traffic;
  const count = new Uint32Array(users + 1);
  const lastDay = new Int32Array(users).fill(-1);
  const arrivals = new Uint32Array(users);
  let arrived = 0;
  const each = (visit: (user: number, day: number, isNew: boolean) => void): void => {
    lastDay.fill(-1);
    traffic.seconds.forEach((at, i) => {
      const user = traffic.user[i] ?? 0;
      const day = dayIndex(at, dayStartHour);
      const isNew = day !== lastDay[user];
      if (isNew && lastDay[user] === -1) arrivals[arrived++] = user;
      lastDay[user] = day;
      visit(user, day, isNew);
    });
  };
  each((user, _day, isNew) => {
    if (isNew) count[user + 1] = (count[user + 1] ?? 0) + 1;
  });
  for (let user = 0; user < users; user += 1) {
    count[user + 1] = (count[user + 1] ?? 0) + (count[user] ?? 0);
  }
  const cells = count[users] ?? 0;
  const day = new Uint16Array(cells);
  const messages = new Uint32Array(cells);
  const total = new Float64Array(users);
  const next = count.slice();
  arrived = 0;
  each((user, at, isNew) => {
    if (isNew) {
      day[next[user] ?? 0] = at;
      next[user] = (next[user] ?? 0) + 1;
    }
    const cell = (next[user] ?? 1) - 1;
    messages[cell] = (messages[cell] ?? 0) + 1;
    total[user] = (total[user] ?? 0) + 1;
  });
  return {
    ...{ users, from: count, day, messages, total },
    arrivals: arrivals.subarray(0, arrived),
    days: traffic.days + 2,
  };
}
