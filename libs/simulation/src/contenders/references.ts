import { hash32 } from '@linekeeper/domain';
import type { Fleet } from '../fleet/fleet';
import type { LineState } from '../fleet/line-state';
import { drawInteger } from '../kernel/chance';
import type { Arena, Contender, FailoverDecision, MakeContender, Placement } from './contender';

const isInService = (line: LineState): boolean =>
  line.adminState === 'enabled' && line.providerStatus !== 'FLAGGED';

/** Lines that can take anyone at all; the references look at nothing else. */
function inService(fleet: Fleet): number[] {
  return fleet.lines.flatMap((line, i) => (isInService(line) ? [i] : []));
}

type Choose = (user: number, open: readonly number[], arena: Arena) => number;

const NO_LINE: Placement = { kind: 'refused', reason: 'no line in service' };

/** A reference that never says no, keeps no card, and on a flag places everyone anew and tells them at once. */
function chooser(name: string, makeChoose: (arena: Arena) => Choose): MakeContender {
  return (arena) => {
    const choose = makeChoose(arena);
    const pick = (user: number): Placement => {
      const open = inService(arena.fleet);
      if (open.length === 0) return NO_LINE;
      return { kind: 'placed', line: choose(user, open, arena), fallbacks: [], reason: name };
    };
    return { name, place: pick, onFlag: placingAnew(arena, pick) };
  };
}

/** Everyone of a flagged line to wherever a new user would go, and a message to each, at once. */
function placingAnew(
  { fleet }: Arena,
  pick: (user: number) => Placement,
): NonNullable<Contender['onFlag']> {
  return (line, seconds): FailoverDecision => {
    const placed = fleet.usersOn(line).map((user) => ({ user, placement: pick(user) }));
    return {
      moves: placed.flatMap(({ user, placement }) =>
        placement.kind === 'placed'
          ? [{ user, to: placement.line, contactAt: seconds, reason: 'placed anew' }]
          : [],
      ),
      stranded: placed.flatMap(({ user, placement }) =>
        placement.kind === 'placed' ? [] : [user],
      ),
      etaAt: null,
      paced: false,
    };
  };
}

/** The first of those for which `rate` is least. */
function least(open: readonly number[], rate: (line: number) => number): number {
  let [best = 0] = open;
  for (const line of open) if (rate(line) < rate(best)) best = line;
  return best;
}

export const roundRobin = chooser('round-robin', () => {
  let turn = 0;
  return (_user, open) => open[(turn += 1) % open.length] ?? 0;
});

export const fewestUsers = chooser(
  'fewest-users',
  ({ fleet }) =>
    (_user, open) =>
      least(open, (line) => fleet.line(line).users),
);

export const hash = chooser(
  'hash',
  () => (user, open) => open[hash32(`user-${user}`) % open.length] ?? 0,
);

export const powerOfTwo = chooser('power-of-two', ({ fleet, chance }) => (_user, open) => {
  const [a = 0, b = 0] = [
    open[drawInteger(chance, open.length)],
    open[drawInteger(chance, open.length)],
  ];
  return fleet.line(b).users < fleet.line(a).users ? b : a;
});

/** Linq's own rotation: the line to which nobody was given for the longest. */
export const leastRecentlyUsed = chooser('least-recently-used', ({ fleet }) => {
  const usedAt = new Float64Array(fleet.lines.length).fill(-1);
  let turn = 0;
  return (_user, open) => {
    const line = least(open, (each) => usedAt[each] ?? -1);
    usedAt[line] = turn += 1;
    return line;
  };
});

/** Fewest users, but no more than `most()` on a line. */
function upTo(name: string, fleet: Fleet, most: () => number): Contender['place'] {
  return () => {
    const open = inService(fleet);
    if (open.length === 0) return NO_LINE;
    const line = least(open, (each) => fleet.line(each).users);
    if (fleet.line(line).users >= most()) return { kind: 'refused', reason: 'users per line' };
    return { kind: 'placed', line, fallbacks: [], reason: name };
  };
}

/** A fixed number of users per line, and a line never takes more. */
export function threshold(name: string, usersPerLine: number): MakeContender {
  return ({ fleet }) => ({ name, place: upTo(name, fleet, () => usersPerLine) });
}

const PILOT_DAYS = 7;
const PILOT_USERS = 30;

/**
 * The division of Linq's FAQ: budget / mean messages of a user and day. The mean is that of the first users over
 * their first week; until 30 of them have one, the policy's assumption.
 */
export const faqDivision: MakeContender = ({ fleet }) => {
  const pilot = new Pilot(fleet.users);
  const most = (): number =>
    Math.floor(fleet.budget / (pilot.mean ?? fleet.policy.forecast.priorMeanPerDay));
  return {
    name: 'faq-division',
    place: upTo('faq-division', fleet, most),
    onPlaced: (user) => pilot.admit(user),
    onDayClosed: (_day, messages) => pilot.closeDay(messages),
  };
};

/** Measures what a user sends and gets a day, over the first week of the first users. */
class Pilot {
  mean: number | null = null;
  private readonly days: Int8Array;
  private readonly members: number[] = [];
  private total = 0;
  private through = 0;

  constructor(users: number) {
    this.days = new Int8Array(users);
  }

  admit(user: number): void {
    if (this.mean === null) this.members.push(user);
  }

  closeDay(messages: Int32Array): void {
    if (this.mean !== null) return;
    for (const user of this.members) {
      const days = this.days[user] ?? 0;
      if (days >= PILOT_DAYS) continue;
      this.total += messages[user] ?? 0;
      this.days[user] = days + 1;
      if (days + 1 === PILOT_DAYS) this.through += 1;
    }
    if (this.through < PILOT_USERS) return;
    const userDays = this.members.reduce((sum, user) => sum + (this.days[user] ?? 0), 0);
    this.mean = Math.max(1, this.total / userDays);
  }
}
