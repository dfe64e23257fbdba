import { DEFAULT_FLEET_POLICY as policy, type FleetPolicy } from '../fleet-policy';
import { baseBlocks } from './base-blocks';
import { cardsOf, openPod } from './pod';

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_each, i) => from + i);
const withNumbers = (numbersPerCard: number): FleetPolicy => ({
  ...policy,
  cards: { ...policy.cards, numbersPerCard },
});

/** The cards of a ring of equal lines, as places on it. */
function cardsOn(lines: number, numbersPerCard = 4): number[][] {
  const world = withNumbers(numbersPerCard);
  const ring = range(0, lines - 1).map((place) => ({ id: String(place), failureDomains: ['one'] }));
  const pod = { ...openPod('pod', ring, world), ring };
  return cardsOf(pod, world).map(({ lineIds }) => lineIds.map(Number));
}

/** How many cards each two lines share. */
function sharedCards(lines: number, cards: readonly (readonly number[])[]): number[] {
  const shared = new Map(
    range(0, lines - 1).flatMap((a) => range(a + 1, lines - 1).map((b) => [`${a}/${b}`, 0])),
  );
  for (const card of cards) {
    const sorted = [...card].sort((a, b) => a - b);
    for (const [i, a] of sorted.entries()) {
      for (const b of sorted.slice(i + 1)) shared.set(`${a}/${b}`, shared.get(`${a}/${b}`)! + 1);
    }
  }
  return [...shared.values()];
}

describe('the cards of a ring', () => {
  const rings = [2, 3, 4, 5].flatMap((numbers) =>
    range(numbers + 1, 30).map((lines): [number, number] => [numbers, lines]),
  );

  it('hold as many different lines as asked for, and each line as often as every other', () => {
    for (const [numbers, lines] of rings) {
      const cards = cardsOn(lines, numbers);
      const held = range(0, lines - 1).map(
        (line) => cards.filter((card) => card.includes(line)).length,
      );
      expect(cards.every((card) => new Set(card).size === numbers)).toBe(true);
      expect(new Set(held).size).toBe(1);
      expect(new Set(cards.map((card) => [...card].sort().join())).size).toBe(cards.length);
    }
  });

  it('hold each line sixteen times from thirteen lines on, eighty cards for twenty', () => {
    for (const lines of range(13, 40)) {
      const cards = cardsOn(lines);
      expect(cards).toHaveLength(4 * lines);
      expect(cards.filter((card) => card.includes(0))).toHaveLength(16);
    }
  });

  it('begin with a ruler: no two lines share two of its cards, on rings of up to 400', () => {
    for (const [numbers, from] of [
      [2, 3],
      [3, 7],
      [4, 13],
      [5, 23],
    ] as const) {
      for (const lines of range(from, 400)) {
        const [block] = baseBlocks(lines, numbers, 1);
        const distances = block!.flatMap((a) => block!.map((b) => (b - a + lines) % lines));
        const real = distances.filter((distance) => distance > 0);
        expect(new Set(real).size).toBe(numbers === 2 ? real.length : numbers * (numbers - 1));
      }
    }
  });

  it('let any two lines share about as many cards as any other two', () => {
    for (const lines of range(13, 26)) {
      const shared = sharedCards(lines, cardsOn(lines));
      const mean = (16 * 3) / (lines - 1);
      expect(Math.max(...shared)).toBeLessThanOrEqual(mean + 1.5);
      // Two lines just opposite each other can only share an even number of cards of one block.
      const most = lines % 2 === 1 ? 2 : 3;
      expect(Math.max(...shared) - Math.min(...shared)).toBeLessThanOrEqual(most);
    }
  });

  it('are all there are on a small ring, one with every line on the smallest', () => {
    expect(range(1, 12).map((lines) => cardsOn(lines).length)).toEqual([
      1, 1, 1, 1, 5, 12, 28, 32, 36, 40, 44, 48,
    ]);
    expect(cardsOn(0)).toEqual([]);
    expect(cardsOn(3)).toEqual([[0, 1, 2]]);
    expect(cardsOn(3, 1)).toEqual([[0], [1], [2]]);
  });

  it('are the same whenever they are asked for', () => {
    expect(baseBlocks(20, 4, 4)).toBe(baseBlocks(20, 4, 4));
    expect(cardsOn(21)).toEqual(cardsOn(21));
  });
});

/**
 * The worst load of a line after these are lost, before 1. Each card and primary is a sixteenth of a line's users;
 * a quarter of that at a time goes to the least loaded number of the card that still lives.
 */
function worstLoad(
  lines: number,
  cards: readonly (readonly number[])[],
  lost: readonly number[],
): number {
  const loads = new Array<number>(lines).fill(1);
  const orphans = cards.flatMap((card) => {
    const live = card.filter((line) => !lost.includes(line));
    return card.filter((line) => lost.includes(line)).map(() => live);
  });
  for (let part = 0; part < 4; part += 1) {
    for (const live of orphans) {
      const target = live.reduce((a, b) => (loads[b]! < loads[a]! ? b : a));
      loads[target]! += 1 / 64;
    }
  }
  return Math.max(...loads.filter((_load, line) => !lost.includes(line)));
}

describe('the loss of lines', () => {
  it('strands nobody when any three go, on rings of up to 26 lines', () => {
    for (const lines of range(4, 26)) {
      const masks = cardsOn(lines).map((card) =>
        card.reduce((mask, line) => mask | (1 << line), 0),
      );
      let stranded = 0;
      for (const a of range(0, lines - 1)) {
        for (const b of range(a + 1, lines - 1)) {
          for (const c of range(b + 1, lines - 1)) {
            const lost = (1 << a) | (1 << b) | (1 << c);
            for (const mask of masks) if ((mask & ~lost) === 0) stranded += 1;
          }
        }
      }
      expect(stranded).toBe(0);
    }
  });

  it.each([20, 21, 22, 23, 24, 25, 26])(
    'loads no other line by more than 10, 20 or 35 %% when one, two or three of %d go',
    (lines) => {
      const cards = cardsOn(lines);
      // Every line is like every other, so the first lost one may be the first of the ring.
      const rest = range(1, lines - 1);
      const pairs = rest.map((b) => worstLoad(lines, cards, [0, b]));
      const triples = rest.flatMap((b) =>
        range(b + 1, lines - 1).map((c) => worstLoad(lines, cards, [0, b, c])),
      );
      expect(worstLoad(lines, cards, [0])).toBeLessThanOrEqual(1.1);
      expect(Math.max(...pairs)).toBeLessThanOrEqual(1.2);
      expect(Math.max(...triples)).toBeLessThanOrEqual(1.35);
    },
  );
});
