import {
  at,
  type ContactUse,
  epochHour,
  type FailoverUser,
  planFailover,
  planRebalance,
  type RebalanceUser,
} from '@linekeeper/domain';
import { cardOf, DAY_MS, lineWith, NOW, policy, USER } from './lines';
import { type Measured, msOf } from './measure';

const USERS = 1_000;
const byId = <Each extends { userId: string }>(a: Each, b: Each): number =>
  a.userId < b.userId ? -1 : 1;

/** A target that carried nearly all that its ceiling lets it, in even hours. */
const BUSY: ContactUse = {
  last24h: 3,
  lastHour: 1,
  carried: {
    sendCap: 3_000,
    hours: Array.from({ length: 25 }, (_each, i) => ({
      hour: epochHour(NOW) - i,
      in: 51,
      out: 51,
    })),
  },
};

/** A line with a thousand users is lost, in fleets that carry ten thousand to a million others. */
export function failovers(): Measured[] {
  return [20, 100, 1_000].map((count) => {
    const perLine = count === 1_000 ? 1_000 : 100;
    const lines = Array.from({ length: count }, (_each, i) => ({
      ...lineWith(i, perLine),
      // People who write seldom, so that a thousand of them fit on a line.
      meanMilli: 1_000 * perLine,
      varianceMilli: 2_000 * perLine,
    }));
    const users = Array.from({ length: USERS }, (_each, i): FailoverUser => ({
      userId: `user-${(i * 7_919) % USERS}`,
      meanMilli: 1_000,
      varianceMilli: 2_000,
      knownLineIds: cardOf(lines, 0, i),
      lastInboundAt: NOW - (i % 20) * DAY_MS,
      lastOutboundAt: NOW - (i % 3) * DAY_MS,
      unansweredTurns: i % 3,
      chatHealth: 'HEALTHY',
    }));
    const input = {
      now: NOW,
      lineId: at(lines, 0).id,
      users,
      lines,
      contacts: new Map(lines.map(({ id }) => [id, BUSY])),
    };
    const planned = planFailover(input, policy);
    if (planned.moves.length !== USERS) throw new Error('Every user is meant to have a target');
    const others = (count * perLine).toLocaleString('en');
    return {
      name: `planFailover of 1,000 users, ${count.toLocaleString('en')} lines with ${others} users`,
      unit: 'ms',
      target: 20,
      ours: () => msOf(() => planFailover(input, policy)),
      bare: () => msOf(() => [...users].sort(byId)),
    };
  });
}

const HOT_EVERY = 50;

/** Ten thousand lines and a million users; every fiftieth line is beyond its cap by forecast. */
export function rebalances(): Measured[] {
  const lines = Array.from({ length: 10_000 }, (_each, i) => {
    const hot = i % HOT_EVERY === 0;
    return {
      ...lineWith(i, 100),
      meanMilli: hot ? 2_200_000 : 1_000_000,
      varianceMilli: 30_000_000,
    };
  });
  const users = Array.from({ length: 1_000_000 }, (_each, i): RebalanceUser => {
    const index = i % lines.length;
    return {
      userId: `user-${i}`,
      lineId: at(lines, index).id,
      ...USER,
      knownLineIds: cardOf(lines, index, i),
      lastMessageAt: NOW - (i % 11) * DAY_MS,
      lastMovedAt: null,
      pinned: false,
    };
  });
  const input = { now: NOW, lines, users, fleetUsers: users.length };
  const { moves } = planRebalance(input, policy);
  if (moves.length === 0) throw new Error('Some are meant to be moved');
  const loads = new Map<string, number>();
  return [
    {
      name: 'planRebalance, 10,000 lines and 1,000,000 users',
      unit: 'ms',
      target: 2_000,
      ours: () => msOf(() => planRebalance(input, policy)),
      bare: () =>
        msOf(() => {
          for (const { lineId, meanMilli } of users) {
            loads.set(lineId, (loads.get(lineId) ?? 0) + meanMilli);
          }
        }),
    },
    {
      name: 'planRebalance, users moved of all',
      unit: '%',
      target: 1,
      ours: () => (100 * planRebalance(input, policy).moves.length) / users.length,
      bare: null,
    },
  ];
}
