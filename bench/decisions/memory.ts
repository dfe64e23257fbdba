import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DEFAULT_FLEET_POLICY as policy } from '@linekeeper/domain';
import { Fleet, matureLines, UserTable } from '@linekeeper/simulation';
import type { Measured } from './measure';

const USERS = 1_000_000;
const LINES = 10_000;
const DAYS = 1;

/** Bytes for each user of what the arena keeps in memory; the service keeps its users in PostgreSQL and none here. */
export function memories(): Measured[] {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const bytes = (make: () => unknown): number => {
    const used = (): number => {
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const before = used();
    const made = make();
    const grown = used() - before;
    // Read after the count, so that it was there while counting.
    return made === null ? NaN : grown / USERS;
  };
  return [
    {
      name: 'memory of forecast and assignment per user, 1,000,000 users',
      unit: 'bytes',
      target: 64,
      ours: () =>
        bytes(() => {
          const fleet = new Fleet(USERS, matureLines(LINES), DAYS, 3_000, policy);
          const table = new UserTable(USERS);
          for (let user = 0; user < USERS; user += 1) {
            fleet.assign(
              user,
              user % LINES,
              [1, 2, 3].map((step) => (user + step) % LINES),
            );
            table.place(user, 0);
            table.setRate(user, { messages: 20 + user / USERS, days: 1 });
            table.setLoad(user, { meanMilli: user, varianceMilli: user });
          }
          return [fleet, table];
        }),
      bare: () => bytes(() => new Float64Array(USERS).fill(1)),
    },
  ];
}
