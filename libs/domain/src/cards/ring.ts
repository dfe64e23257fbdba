import { at } from '../kernel/at';

/** A line as the cards see it. */
export interface RingLine {
  readonly id: string;
  /** What it shares its fate with: purchase batch, age cohort, area code, host. Any label, one or several. */
  readonly failureDomains: readonly string[];
}

/** A ring that gets no better by a swap is done; this many rounds are never needed in practice. */
const MAX_ROUNDS = 30;

/**
 * Puts lines on the ring so that its cards mix failure domains: a card whose numbers all share one would be lost at
 * once. Begins with the domains dealt in turn and swaps places while that makes it better; lines in `fixed` keep
 * their place. Deterministic. `groups` are the places that make up each card.
 */
export function orderRing(
  lines: readonly RingLine[],
  groups: readonly (readonly number[])[],
  fixed: ReadonlySet<string> = new Set(),
): RingLine[] {
  const first = fixed.size === 0 ? dealt(lines) : lines;
  const related = first.map((a) => first.map((b) => shareDomain(a, b)));
  if (related.every((row, i) => row.every((isRelated, j) => i === j || !isRelated))) {
    return [...first];
  }
  const order = [...first.keys()];
  const movable = order.filter((place) => !fixed.has(at(first, place).id));
  const groupsAt = order.map((place) => groups.filter((group) => group.includes(place)));
  const cost = (place: number): number => {
    let sum = 0;
    for (const group of at(groupsAt, place)) sum += relatedPairs(group, order, related) ** 2;
    return sum;
  };
  const swap = (a: number, b: number): void => {
    const line = at(order, a);
    order[a] = at(order, b);
    order[b] = line;
  };
  for (let round = 0, better = true; better && round < MAX_ROUNDS; round += 1) {
    better = false;
    for (const [i, a] of movable.entries()) {
      for (const b of movable.slice(i + 1)) {
        const before = cost(a) + cost(b);
        if (before === 0) continue;
        swap(a, b);
        if (cost(a) + cost(b) < before) better = true;
        else swap(a, b);
      }
    }
  }
  return order.map((line) => at(first, line));
}

/** One of each domain in turn, the largest domain first. */
function dealt(lines: readonly RingLine[]): RingLine[] {
  const byDomain = new Map<string, RingLine[]>();
  for (const line of [...lines].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const domain = line.failureDomains.join('\u0000');
    byDomain.set(domain, [...(byDomain.get(domain) ?? []), line]);
  }
  const piles = [...byDomain.values()].sort((a, b) => b.length - a.length);
  const longest = piles[0]?.length ?? 0;
  return Array.from({ length: longest }, (_each, i) =>
    piles.flatMap((pile) => pile[i] ?? []),
  ).flat();
}

function shareDomain(a: RingLine, b: RingLine): boolean {
  return a.failureDomains.some((domain) => b.failureDomains.includes(domain));
}

/** Pairs of a card that share a domain. Squared they are its cost: many on one card weigh more than few on many. */
function relatedPairs(
  group: readonly number[],
  order: readonly number[],
  related: readonly (readonly boolean[])[],
): number {
  let pairs = 0;
  for (let i = 0; i < group.length; i += 1) {
    const row = at(related, at(order, at(group, i)));
    for (let j = i + 1; j < group.length; j += 1) {
      if (at(row, at(order, at(group, j)))) pairs += 1;
    }
  }
  return pairs;
}
