import { invariant } from '../kernel/invariant';

/** Users who share a card: the lines of it that could serve them now, their own among them. */
export interface CardUsers {
  readonly primaryLineId: string;
  readonly lineIds: readonly string[];
  readonly users: number;
}

/** The lines whose loss leaves most users without a number. */
export interface WorstCover {
  readonly users: number;
  readonly lineIds: readonly string[];
}

/**
 * Finds the one, two or three lines (`losses`) whose loss leaves most users without a usable number on their card. It
 * is exact: the worst lines either hold a whole card of two or three numbers, and then only lines that share such
 * a card or have users without any other number can join them, or they are those with most users of their own.
 * Cards of four numbers never count.
 */
export function worstCover(cards: readonly CardUsers[], losses: 1 | 2 | 3): WorstCover {
  const small = new Map<string, { lineIds: readonly string[]; users: number }>();
  for (const { lineIds, users } of cards) {
    const sorted = [...lineIds].sort();
    if (sorted.length === 0 || sorted.length > losses) continue;
    const key = keyOf(sorted);
    small.set(key, { lineIds: sorted, users: users + (small.get(key)?.users ?? 0) });
  }
  const groups = [...small.values()];
  const alone = groups
    .filter(({ lineIds }) => lineIds.length === 1)
    .sort((a, b) => b.users - a.users)
    .flatMap(({ lineIds }) => lineIds);
  const neighbours = neighboursOf(groups.map(({ lineIds }) => lineIds));
  const candidates = [
    alone.slice(0, losses),
    ...groups.flatMap(({ lineIds }) => extend(lineIds, losses, alone, neighbours)),
  ];
  const lost = candidates.map((lineIds) => ({
    lineIds,
    users: subsetsOf(lineIds).reduce((sum, set) => sum + (small.get(keyOf(set))?.users ?? 0), 0),
  }));
  return lost.reduce((worst, each) => (each.users > worst.users ? each : worst), {
    users: 0,
    lineIds: [],
  });
}

const keyOf = (sorted: readonly string[]): string => sorted.join(' ');

function neighboursOf(sets: readonly (readonly string[])[]): Map<string, Set<string>> {
  const neighbours = new Map<string, Set<string>>();
  for (const set of sets) {
    for (const line of set) {
      const known = neighbours.get(line) ?? new Set();
      neighbours.set(line, known);
      for (const other of set) known.add(other);
    }
  }
  return neighbours;
}

/** A card of two or more numbers, with each line that may join it until there are `losses`. */
function extend(
  set: readonly string[],
  losses: number,
  alone: readonly string[],
  neighbours: ReadonlyMap<string, ReadonlySet<string>>,
): string[][] {
  if (set.length === losses) return [[...set]];
  if (set.length === 1) return [];
  const others = new Set(alone.slice(0, losses));
  for (const line of set) {
    const near = neighbours.get(line);
    invariant(near !== undefined, 'each line of a set is its own neighbour');
    for (const each of near) others.add(each);
  }
  const joining = [...others].filter((each) => !set.includes(each));
  return [[...set], ...joining.map((each) => [...set, each].sort())];
}

/** Every part of a set of at most three lines that is not empty, each in order. */
function subsetsOf(lineIds: readonly string[]): string[][] {
  const sorted = [...lineIds].sort();
  return sorted.reduce<string[][]>(
    (sets, line) => [...sets, ...sets.map((set) => [...set, line]), [line]],
    [],
  );
}
