import type { Capacity } from './capacity';
import { ALLOWED_SHARE } from './hindsight';
import type { Plan } from './planned';
import type { UserDays } from './user-days';

/** Shares of the capacity that are tried as the limit: from this one up to all of it, each so much more than the last. */
const FIRST_SHARE = 0.04;
const STEP = 1.05;

/**
 * What is reached by somebody who is told, when a user writes, how much they will say in all and until which day, but
 * not on which days: who comes is taken where the line would be fullest least, as long as it would carry no more than
 * a constant share of its capacity on any day to come if everybody spread their messages evenly. The share is the best
 * in hindsight with at most 1 % of the line-days over capacity. Whoever learns from what has been said knows less of
 * every user than that; what lies between this and the clairvoyant is worth knowing the days in advance.
 */
export function packForetold(users: UserDays, capacity: Capacity): Plan {
  const foretelling = new Foretelling(users, capacity);
  let best = foretelling.play(0);
  for (let share = FIRST_SHARE; share <= 1; share *= STEP) {
    const tried = foretelling.play(share);
    if (tried.overrunShare <= ALLOWED_SHARE && tried.carried > best.carried) best = tried;
  }
  return best.plan;
}

interface Played {
  readonly plan: Plan;
  readonly carried: number;
  /** Of the line-days with traffic. */
  readonly overrunShare: number;
}

class Foretelling {
  /** The users' cells day by day, on each day in the order in which the users came. */
  private readonly cells: Uint32Array;
  private readonly userOf: Uint32Array;
  /** What the user of a cell says from its day on. */
  private readonly rest: Float64Array;

  constructor(
    private readonly users: UserDays,
    private readonly capacity: Capacity,
  ) {
    const { day, messages, from } = users;
    this.cells = new Uint32Array(day.length);
    this.userOf = new Uint32Array(day.length);
    this.rest = new Float64Array(day.length);
    const next = new Uint32Array(users.days + 1);
    for (const each of day) next[each + 1] = (next[each + 1] ?? 0) + 1;
    for (let i = 0; i < users.days; i += 1) next[i + 1] = (next[i + 1] ?? 0) + (next[i] ?? 0);
    for (const user of users.arrivals) {
      let rest = users.total[user] ?? 0;
      for (let cell = from[user] ?? 0; cell < (from[user + 1] ?? 0); cell += 1) {
        this.userOf[cell] = user;
        this.rest[cell] = rest;
        rest -= messages[cell] ?? 0;
        const today = day[cell] ?? 0;
        this.cells[next[today] ?? 0] = cell;
        next[today] = (next[today] ?? 0) + 1;
      }
    }
  }

  /** Takes everybody for whom there is room below `share` of the capacity. */
  play(share: number): Played {
    const { users, capacity } = this;
    const plan = {
      line: new Int16Array(users.users).fill(-1),
      fromDay: new Uint16Array(users.users),
    };
    const expected = new Float64Array(capacity.of.length);
    const use = new Float64Array(capacity.of.length);
    let carried = 0;
    for (const cell of this.cells) {
      const user = this.userOf[cell] ?? 0;
      const today = users.day[cell] ?? 0;
      if (plan.line[user] === -1) {
        plan.line[user] = this.take(user, cell, share, expected);
        plan.fromDay[user] = today;
      }
      const line = plan.line[user] ?? -1;
      if (line === -1) continue;
      const messages = users.messages[cell] ?? 0;
      carried += messages;
      const at = line * capacity.days + today;
      use[at] = (use[at] ?? 0) + messages;
    }
    const busy = use.filter((each) => each > 0).length;
    const over = use.filter((each, at) => each > (capacity.of[at] ?? 0)).length;
    return { plan, carried, overrunShare: busy === 0 ? 0 : over / busy };
  }

  /** The line that a user comes to, whose rate is added to what is expected there; -1 for none. */
  private take(user: number, cell: number, share: number, expected: Float64Array): number {
    const { users, capacity } = this;
    const today = users.day[cell] ?? 0;
    const last = users.day[(users.from[user + 1] ?? 0) - 1] ?? today;
    const rate = (this.rest[cell] ?? 0) / (last - today + 1);
    let best = -1;
    let least = share;
    for (let line = 0; line < capacity.lines; line += 1) {
      let fullest = 0;
      for (let day = today; day <= last && fullest <= least; day += 1) {
        const at = line * capacity.days + day;
        fullest = Math.max(fullest, ((expected[at] ?? 0) + rate) / (capacity.of[at] ?? 0));
      }
      if (fullest > least || (best !== -1 && fullest === least)) continue;
      [best, least] = [line, fullest];
    }
    if (best === -1) return best;
    for (let day = today; day <= last; day += 1) {
      const at = best * capacity.days + day;
      expected[at] = (expected[at] ?? 0) + rate;
    }
    return best;
  }
}
