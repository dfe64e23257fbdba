import type { UserDays } from './user-days';

/** Share of the line-days with traffic that may be over budget. */
export const ALLOWED_SHARE = 0.01;

/**
 * The best constant number of users per line for this very traffic: the one that carries most with at most 1 % of
 * the line-days over budget. Users come to the line with the fewest, which is in turn while nobody leaves; so the
 * thresholds are tried by adding users one round at a time. 0 when even one user per line is too many.
 */
export function hindsightThreshold(users: UserDays, lines: number, budget: number): number {
  const use = new Float64Array(lines * users.days);
  let withTraffic = 0;
  let over = 0;
  let best = 0;
  const rounds = Math.ceil(users.arrivals.length / lines);
  for (let round = 1; round <= rounds; round += 1) {
    const first = (round - 1) * lines;
    for (let i = first; i < Math.min(first + lines, users.arrivals.length); i += 1) {
      const user = users.arrivals[i] ?? 0;
      for (let cell = users.from[user] ?? 0; cell < (users.from[user + 1] ?? 0); cell += 1) {
        const at = (i % lines) * users.days + (users.day[cell] ?? 0);
        const before = use[at] ?? 0;
        const after = before + (users.messages[cell] ?? 0);
        use[at] = after;
        if (before === 0) withTraffic += 1;
        if (before <= budget && after > budget) over += 1;
      }
    }
    if (over <= ALLOWED_SHARE * withTraffic) best = round;
  }
  return best;
}

/**
 * The same where lines come and ramp, so that rounds tell nothing: by halving, with a whole run for each try.
 * `overrunShare` plays a threshold; more users are taken never to overrun less.
 */
export function tunedThreshold(most: number, overrunShare: (threshold: number) => number): number {
  let [good, bad] = [0, most + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (overrunShare(middle) <= ALLOWED_SHARE) good = middle;
    else bad = middle;
  }
  return good;
}
