import type { Capacity } from './capacity';
import { ALLOWED_SHARE, hindsightThreshold } from './hindsight';
import type { Plan } from './planned';
import { dayPrices } from './prices';
import type { UserDays } from './user-days';

export interface PackOptions {
  /** Whether a user may be taken later than at their first message. */
  readonly late?: boolean;
}

/**
 * The bound: a packer that knows what every user will send on every day. It takes users (from a day on, if need be)
 * by what they bring against what their days cost, day by day priced as the fleet is short, and puts each on the
 * line where the days stay most even. The line-days that may overrun are spent on the dearest days.
 * It is a heuristic and so a lower bound of what could be known, but never below the best threshold, with
 * which it is compared.
 */
export function packClairvoyantly(
  users: UserDays,
  capacity: Capacity,
  budget: number,
  { late = true }: PackOptions = {},
): Plan {
  let best: { plan: Plan; carried: number } | null = null;
  const daysWithTraffic = new Set(users.day).size;
  const allowed = Math.floor(ALLOWED_SHARE * capacity.lines * daysWithTraffic);
  for (const free of new Set([allowed, Math.floor(0.9 * allowed), 0])) {
    const packer = new Packer(users, freeing(users, capacity, free), late);
    packer.pack();
    if (packer.overrunShare(budget) > ALLOWED_SHARE) continue;
    if (best === null || packer.carried > best.carried) {
      best = { plan: packer.plan, carried: packer.carried };
    }
  }
  const threshold = thresholdPlan(users, capacity, budget);
  if (best === null || threshold.carried > best.carried) return threshold.plan;
  return best.plan;
}

/** The best threshold as a plan: with even capacity only, as it knows of no other. */
function thresholdPlan(
  users: UserDays,
  { lines, of }: Capacity,
  budget: number,
): { plan: Plan; carried: number } {
  const plan = {
    line: new Int16Array(users.users).fill(-1),
    fromDay: new Uint16Array(users.users),
  };
  let carried = 0;
  if (!of.every((each) => each === budget)) return { plan, carried };
  const most = hindsightThreshold(users, lines, budget);
  users.arrivals.subarray(0, most * lines).forEach((user, i) => {
    plan.line[user] = i % lines;
    carried += users.total[user] ?? 0;
  });
  return { plan, carried };
}

/** The capacity without limit on `count` line-days, the dearest days first. */
function freeing(users: UserDays, capacity: Capacity, count: number): Capacity {
  const prices = dayPrices(users, capacity);
  const dearest = [...prices.keys()].sort((a, b) => (prices[b] ?? 0) - (prices[a] ?? 0));
  const of = capacity.of.slice();
  let left = count;
  for (const day of dearest) {
    // Not more than a line has each day, and days on which it has no line stay closed.
    for (let line = 0; line < capacity.lines && left > 0; line += 1) {
      const at = line * capacity.days + day;
      if ((of[at] ?? 0) === 0) continue;
      of[at] = Infinity;
      left -= 1;
    }
  }
  return { ...capacity, of };
}

class Packer {
  readonly plan: Plan;
  carried = 0;
  private readonly use: Float64Array;

  constructor(
    private readonly users: UserDays,
    private readonly capacity: Capacity,
    private readonly late: boolean,
  ) {
    this.use = new Float64Array(capacity.lines * capacity.days);
    this.plan = {
      line: new Int16Array(users.users).fill(-1),
      fromDay: new Uint16Array(users.users),
    };
  }

  pack(): void {
    const { users } = this;
    const prices = dayPrices(users, this.capacity);
    const worth = new Float64Array(users.users);
    const suffix = new Uint16Array(users.users);
    for (const user of users.arrivals) {
      let value = 0;
      for (let cell = (users.from[user + 1] ?? 0) - 1; cell >= (users.from[user] ?? 0); cell -= 1) {
        const day = users.day[cell] ?? 0;
        value += (users.messages[cell] ?? 0) * (1 - (prices[day] ?? 0));
        const first = cell === users.from[user];
        if (this.late ? value < (worth[user] ?? 0) : !first) continue;
        worth[user] = value;
        suffix[user] = day;
      }
    }
    const order = [...users.arrivals].sort(
      (a, b) => this.density(b, worth) - this.density(a, worth) || a - b,
    );
    for (const user of order) if ((worth[user] ?? 0) > 0) this.put(user, suffix[user] ?? 0);
    // What is left over fills what room there is, from whatever day on.
    for (const user of order) if (this.plan.line[user] === -1) this.put(user, 0);
  }

  /** The share of the line-days with traffic that are over budget. */
  overrunShare(budget: number): number {
    const busy = this.use.filter((each) => each > 0);
    return busy.length === 0 ? 0 : busy.filter((each) => each > budget).length / busy.length;
  }

  private density(user: number, worth: Float64Array): number {
    return (worth[user] ?? 0) / Math.max(1, this.users.total[user] ?? 1);
  }

  /** Puts a user on the line that takes most of what they send from `fromDay` on; of several the evenest. */
  private put(user: number, fromDay: number): void {
    let best = -1;
    let bestFrom = 0;
    let bestTakes = 0;
    let bestStrain = Infinity;
    for (let line = 0; line < this.capacity.lines; line += 1) {
      const { from, takes, strain } = this.tryOn(user, line, fromDay);
      if (!this.late && takes < (this.users.total[user] ?? 0)) continue;
      if (takes < bestTakes || takes === 0) continue;
      if (takes === bestTakes && strain >= bestStrain) continue;
      [best, bestFrom, bestTakes, bestStrain] = [line, from, takes, strain];
    }
    if (best < 0) return;
    this.plan.line[user] = best;
    this.plan.fromDay[user] = bestFrom;
    this.carried += bestTakes;
    this.eachCell(user, (cell, day) => {
      if (day < bestFrom) return false;
      const at = best * this.capacity.days + day;
      this.use[at] = (this.use[at] ?? 0) + (this.users.messages[cell] ?? 0);
      return true;
    });
  }

  private tryOn(
    user: number,
    line: number,
    fromDay: number,
  ): { from: number; takes: number; strain: number } {
    let takes = 0;
    let strain = 0;
    let from = 0;
    this.eachCell(user, (cell, day) => {
      const at = line * this.capacity.days + day;
      const messages = this.users.messages[cell] ?? 0;
      const room = this.capacity.of[at] ?? 0;
      const after = (this.use[at] ?? 0) + messages;
      if (day < fromDay || after > room) return false;
      takes += messages;
      strain += (messages * after) / room;
      from = day;
      return true;
    });
    return { from, takes, strain };
  }

  /** A user's cells from the last day backwards, until `visit` says no. */
  private eachCell(user: number, visit: (cell: number, day: number) => boolean): void {
    const { from, day } = this.users;
    for (let cell = (from[user + 1] ?? 0) - 1; cell >= (from[user] ?? 0); cell -= 1) {
      if (!visit(cell, day[cell] ?? 0)) return;
    }
  }
}

/**
 * Everyone, on the line where the days stay evenest: the bound for balance where nobody is turned away. The heaviest
 * users come first, when there is still something to choose.
 */
export function balanceClairvoyantly(users: UserDays, lines: number): Plan {
  const use = new Float64Array(lines * users.days);
  const ofDay = new Float64Array(users.days);
  users.day.forEach((day, cell) => {
    ofDay[day] = (ofDay[day] ?? 0) + (users.messages[cell] ?? 0);
  });
  const plan = {
    line: new Int16Array(users.users).fill(-1),
    fromDay: new Uint16Array(users.users),
  };
  const order = [...users.arrivals].sort(
    (a, b) => (users.total[b] ?? 0) - (users.total[a] ?? 0) || a - b,
  );
  for (const user of order) {
    let best = 0;
    let least = Infinity;
    for (let line = 0; line < lines; line += 1) {
      let strain = 0;
      for (let cell = users.from[user] ?? 0; cell < (users.from[user + 1] ?? 0); cell += 1) {
        const day = users.day[cell] ?? 0;
        const messages = users.messages[cell] ?? 0;
        // How much the sum of squared shares of the day grows.
        strain +=
          (messages * (2 * (use[line * users.days + day] ?? 0) + messages)) /
          (ofDay[day] ?? 1) ** 2;
      }
      if (strain < least) [best, least] = [line, strain];
    }
    plan.line[user] = best;
    for (let cell = users.from[user] ?? 0; cell < (users.from[user + 1] ?? 0); cell += 1) {
      const at = best * users.days + (users.day[cell] ?? 0);
      use[at] = (use[at] ?? 0) + (users.messages[cell] ?? 0);
    }
  }
  return plan;
}
