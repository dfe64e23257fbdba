import type { FleetPolicy } from '../fleet-policy';
import { invariant } from '../kernel/invariant';
import { type ReachHours, reachHours } from './reach';
import { type CardUsers, worstCover } from './uncovered';

/** A line in service, as the loss of others concerns it. */
export interface BearingLine {
  readonly id: string;
  readonly users: number;
  readonly meanMilli: number;
  readonly todayCap: number;
}

/** What the loss of any so many lines would do. */
export interface LossReport {
  readonly losses: 1 | 2 | 3;
  /** The most users left without a usable number, and by the loss of which lines; exact. */
  readonly usersUncovered: number;
  readonly uncoveredBy: readonly string[];
  /**
   * The loss after which reaching everybody takes longest. The first line is the worst one, each further one that which
   * makes it worst from there: a bound from below for two and three.
   */
  readonly slowest: {
    readonly lineIds: readonly string[];
    /** Users on these lines, and those of them with a number left. */
    readonly users: number;
    readonly reachable: number;
    /** Hours until they have heard from it, if we had to write to each of them, day and night. */
    readonly hours: ReachHours;
    /** The fullest target as a share of today's cap, by its mean and what comes to it. */
    readonly fullestTarget: number;
  };
}

/** The loss of any one, two and three of the lines in service. Cards name lines in service only. */
export function lossReports(
  lines: readonly BearingLine[],
  cards: readonly CardUsers[],
  policy: FleetPolicy,
): LossReport[] {
  const fleet = new Map(lines.map((line) => [line.id, line]));
  const cardsOn = new Map<string, CardUsers[]>();
  for (const card of cards) {
    cardsOn.set(card.primaryLineId, [...(cardsOn.get(card.primaryLineId) ?? []), card]);
  }
  let lost: readonly string[] = [];
  return ([1, 2, 3] as const).map((losses) => {
    const tried = lines
      .filter(({ id }) => !lost.includes(id))
      .map(({ id }) => slowness([...lost, id], fleet, cardsOn, policy));
    const slowest = tried.reduce(
      (worst, each) => (isSlower(each, worst) ? each : worst),
      slowness(lost, fleet, cardsOn, policy),
    );
    lost = slowest.lineIds;
    const { users, lineIds } = worstCover(cards, losses);
    return { losses, usersUncovered: users, uncoveredBy: lineIds, slowest };
  });
}

type Slowest = LossReport['slowest'];

/** Never is longer than any time; with the same time more users are worse. */
function isSlower(one: Slowest, other: Slowest): boolean {
  const [a, b] = [one.hours.all ?? Infinity, other.hours.all ?? Infinity];
  return a === b ? one.users > other.users : a > b;
}

/** Each user goes to one of the other numbers of their card, evenly, as the least used target first has it. */
function slowness(
  lost: readonly string[],
  fleet: ReadonlyMap<string, BearingLine>,
  cardsOn: ReadonlyMap<string, readonly CardUsers[]>,
  policy: FleetPolicy,
): Slowest {
  const contacts = new Map<string, number>();
  const inflow = new Map<string, number>();
  let users = 0;
  let reachable = 0;
  for (const id of lost) {
    const line = lineIn(fleet, id);
    users += line.users;
    for (const card of cardsOn.get(id) ?? []) {
      const targets = card.lineIds.filter((each) => !lost.includes(each));
      if (targets.length === 0) continue;
      reachable += card.users;
      const mean = line.meanMilli / 1_000 / Math.max(1, line.users);
      for (const [target, count] of spread(card.users, targets, contacts)) {
        contacts.set(target, (contacts.get(target) ?? 0) + count);
        inflow.set(target, (inflow.get(target) ?? 0) + count * mean);
      }
    }
  }
  const shares = [...inflow].map(([id, messages]) => {
    const { meanMilli, todayCap } = lineIn(fleet, id);
    return (meanMilli / 1_000 + messages) / todayCap;
  });
  return {
    lineIds: lost,
    users,
    reachable,
    hours: reachHours([...contacts.values()], policy),
    fullestTarget: Math.max(0, ...shares),
  };
}

function lineIn(fleet: ReadonlyMap<string, BearingLine>, id: string): BearingLine {
  const line = fleet.get(id);
  invariant(line !== undefined, 'cards name lines in service only');
  return line;
}

/** Even parts of `users`; what cannot be divided goes to the targets with the fewest contacts so far. */
export function spread(
  users: number,
  targets: readonly string[],
  contacts: ReadonlyMap<string, number>,
): [string, number][] {
  const each = Math.floor(users / targets.length);
  const more = users - each * targets.length;
  const of = (target: string): number => contacts.get(target) ?? 0;
  return [...targets]
    .sort((a, b) => of(a) - of(b))
    .map((target, i) => [target, each + Number(i < more)]);
}
