import { DAY_SECONDS, HOUR_SECONDS } from '../kernel/calendar';
import { chanceOf, drawInteger } from '../kernel/chance';
import type { Run } from '../run/run';
import { IN, type Traffic, TrafficBuilder } from '../traffic/traffic';
import { busiestDay } from './busy-hour';

const SIGN_UPS = 5;
const VOLUME = 2;
/** People who come on the viral day behave as those who first came within so many days of it. */
const LIKE_DAYS = 7;

/**
 * S6: on one day five times as many people sign up, and everybody writes twice as much. The newcomers are copies of
 * people who came in that week, shifted by whole days to come on that one.
 */
export function withViralDay(traffic: Traffic, seed: number): Traffic {
  const chance = chanceOf(seed, 'viral day');
  const viral = busiestDay(traffic);
  const from = viral * DAY_SECONDS;
  const builder = new TrafficBuilder();
  const firstDay = new Int32Array(traffic.users).fill(-1);
  const rows = new Map<number, number[]>();
  traffic.seconds.forEach((at, i) => {
    const user = traffic.user[i] ?? 0;
    const day = Math.floor(at / DAY_SECONDS);
    if (firstDay[user] === -1) firstDay[user] = day;
    if (Math.abs((firstDay[user] ?? 0) - viral) <= LIKE_DAYS) {
      const own = rows.get(user) ?? [];
      if (own.length === 0) rows.set(user, own);
      own.push(i);
    }
  });
  let users = traffic.users;
  const add = (i: number, user: number, at: number): void => {
    const direction = traffic.direction[i] ?? IN;
    const isViral = at >= from && at < from + DAY_SECONDS;
    for (let n = 0; n < (isViral ? VOLUME : 1); n += 1) {
      // The second message comes in the same hour, its answer with it.
      const later = n === 0 ? 0 : Math.min(HOUR_SECONDS - 1 - (at % HOUR_SECONDS), 60);
      builder.add(at + later, user, direction);
    }
  };
  traffic.seconds.forEach((at, i) => add(i, traffic.user[i] ?? 0, at));
  const like = [...rows.keys()];
  const signUps = like.filter((user) => firstDay[user] === viral).length;
  for (let n = 0; n < (SIGN_UPS - 1) * signUps; n += 1) {
    const source = like[drawInteger(chance, like.length)] ?? 0;
    const shift = (viral - (firstDay[source] ?? 0)) * DAY_SECONDS;
    for (const i of rows.get(source) ?? []) {
      const at = (traffic.seconds[i] ?? 0) + shift;
      if (at < traffic.days * DAY_SECONDS) add(i, users, at);
    }
    users += 1;
  }
  return builder.build(users);
}

const DAYS_AROUND = 3;
/** The app writes first, once a day, to whoever wrote within this time. */
const ACTIVE_SECONDS = 3 * DAY_SECONDS;

/** Around the viral day the app also writes first, and asks the gate each time. */
export function writeFirstEachDay(run: Run): void {
  const chance = chanceOf(run.setup.seed, 'write first');
  const viral = busiestDay(run.setup.traffic);
  for (let day = viral - DAYS_AROUND; day <= viral + DAYS_AROUND; day += 1) {
    run.agenda.add(day * DAY_SECONDS, () => {
      for (let user = 0; user < run.fleet.users; user += 1) {
        const lastIn = run.fleet.lastInAt[user] ?? -1;
        if (lastIn < 0 || run.now - lastIn > ACTIVE_SECONDS) continue;
        const at = run.now + drawInteger(chance, DAY_SECONDS);
        run.agenda.add(at, () =>
          run.gate.ask({ user, asked: 'proactive', due: run.now, patient: false }),
        );
      }
    });
  }
  run.agenda.add((viral + DAYS_AROUND + 1) * DAY_SECONDS, () => run.stop());
}
