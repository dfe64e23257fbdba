import {
  at,
  closeUserDay,
  loadMilliOf,
  seededRandom,
  startRate,
  type UserRate,
} from '@linekeeper/domain';
import { policy } from './lines';
import { type Measured, msOf } from './measure';

const USERS = 10_000;
const PER_DAY = 20;

/** A day of messages: each is counted, and each user's day is closed once and becomes a load. */
export function forecasts(): Measured[] {
  const random = seededRandom(3);
  const who = Uint32Array.from({ length: USERS * PER_DAY }, () => Math.floor(random() * USERS));
  const rates: UserRate[] = Array.from({ length: USERS }, () => startRate(policy));
  const perMessage = (ms: number): number => (1_000 * ms) / who.length;
  const counts = new Uint32Array(USERS);
  const mean = new Float64Array(USERS);
  const variance = new Float64Array(USERS);
  const bare = new Uint32Array(USERS);
  const count = (into: Uint32Array): void => {
    for (const user of who) into[user] = (into[user] ?? 0) + 1;
  };
  return [
    {
      name: 'forecast update per message, at 20 messages a user and day',
      unit: 'us',
      target: 1,
      ours: () =>
        perMessage(
          msOf(() => {
            count(counts);
            for (let user = 0; user < USERS; user += 1) {
              const rate = closeUserDay(at(rates, user), counts[user] ?? 0, policy);
              const load = loadMilliOf(rate, policy);
              rates[user] = rate;
              mean[user] = load.meanMilli;
              variance[user] = load.varianceMilli;
            }
            counts.fill(0);
          }),
        ),
      bare: () => perMessage(msOf(() => count(bare))),
    },
  ];
}
