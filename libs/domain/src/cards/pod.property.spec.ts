import fc from 'fast-check';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { chooseCard, fallbacksOn, owesNewCard } from './choose-card';
import {
  type Card,
  cardsOf,
  dealIntoPods,
  needsAnotherPod,
  nextGeneration,
  openPod,
  type Pod,
} from './pod';
import type { RingLine } from './ring';

const RUNS = { numRuns: 1_000 };
const line = (name: number | string, ...failureDomains: string[]): RingLine => ({
  id: `line-${name}`,
  failureDomains,
});
const lines = (count: number, domains = 4): RingLine[] =>
  Array.from({ length: count }, (_each, i) => line(i, `batch-${i % domains}`));
const numbers = fc.integer({ min: 1, max: 26 });
const pods = new Map<number, Pod>();
const podOf = (count: number): Pod => {
  const pod = pods.get(count) ?? openPod('pod', lines(count), policy);
  pods.set(count, pod);
  return pod;
};
const idsOf = (pod: Pod): string[] => cardsOf(pod, policy).map(({ id }) => id);

describe('the cards of a pod', () => {
  it('have numbers of at least two failure domains, where there are four as large as each other', () => {
    for (let count = 8; count <= 26; count += 1) {
      const pod = podOf(count);
      const domains = new Map(pod.ring.map(({ id, failureDomains }) => [id, failureDomains[0]]));
      const mixed = cardsOf(pod, policy).map(
        ({ lineIds }) => new Set(lineIds.map((id) => domains.get(id))).size,
      );
      expect(Math.min(...mixed)).toBeGreaterThanOrEqual(2);
      const mean = mixed.reduce((sum, each) => sum + each, 0) / mixed.length;
      expect(mean).toBeGreaterThan(2.8);
    }
  });

  it('have numbers of at least two failure domains, however these are spread over four or more', () => {
    // No domain has more than a third of the lines: then four neighbours of a ring need not be of one.
    const anyPod = fc.integer({ min: 13, max: 20 }).chain((count) =>
      fc.tuple(
        fc.constant(count),
        fc
          .array(fc.integer({ min: 1, max: 9 }), { minLength: 4, maxLength: 8 })
          .map((sizes) => sizes.flatMap((size, i) => Array<number>(size).fill(i)))
          .filter((domains) => domains.length >= count)
          .chain((domains) => fc.shuffledSubarray(domains, { minLength: count, maxLength: count }))
          .filter((domains) =>
            domains.every((one) => domains.filter((each) => each === one).length <= count / 3),
          ),
      ),
    );
    fc.assert(
      fc.property(anyPod, ([count, domains]) => {
        const of = domains.map((domain, i) => line(i, `batch-${domain}`));
        const pod = openPod('pod', of, policy);
        expect(pod.ring).toHaveLength(count);
        const domainOf = new Map(of.map(({ id, failureDomains }) => [id, failureDomains[0]]));
        const alone = cardsOf(pod, policy).filter(
          ({ lineIds }) => new Set(lineIds.map((id) => domainOf.get(id))).size < 2,
        );
        expect(alone).toEqual([]);
      }),
      RUNS,
    );
  });

  it('have numbers of two failure domains also when most lines are of one', () => {
    const skewed = [
      ...lines(12, 1),
      ...Array.from({ length: 4 }, (_each, i) => line(`x${i}`, 'batch-1', 'area-415')),
      ...Array.from({ length: 4 }, (_each, i) => line(`y${i}`, 'batch-2', 'area-415')),
    ];
    const pod = openPod('pod', skewed, policy);
    const common = cardsOf(pod, policy).filter(({ lineIds }) =>
      lineIds.every((id) => !id.startsWith('line-x') && !id.startsWith('line-y')),
    );
    // As many as chance would leave: C(12,4) / C(20,4) is a tenth of 80 cards.
    expect(common.length).toBeLessThanOrEqual(4);
  });

  it('are the same for the same lines, in whatever order they are named', () => {
    fc.assert(
      fc.property(numbers, fc.infiniteStream(fc.nat()), (count, keys) => {
        const shuffled = lines(count)
          .map((each) => ({ each, key: keys.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ each }) => each);
        expect(openPod('pod', shuffled, policy)).toEqual(podOf(count));
      }),
      RUNS,
    );
  });
});

describe('the next generation of a pod', () => {
  const oldCards = new Map<number, { readonly cards: Card[]; readonly text: string }>();

  const textOf = (cards: Card[]) => ({ cards, text: JSON.stringify(cards) });

  it('leaves every old card as it is, and changes only those of lines that left', () => {
    fc.assert(
      fc.property(fc.integer({ min: 13, max: 26 }), fc.nat(), (count, pick) => {
        const pod = podOf(count);
        const old = oldCards.get(count) ?? textOf(cardsOf(pod, policy));
        oldCards.set(count, old);
        const gone = `line-${pick % count}`;
        const now = [...lines(count).filter(({ id }) => id !== gone), line('new', 'batch-9')];
        const next = nextGeneration(pod, now, policy);
        expect(textOf(cardsOf(pod, policy)).text).toBe(old.text);
        expect(next.generation).toBe(2);
        const changed = cardsOf(next, policy).filter(
          ({ lineIds }, i) => lineIds.join() !== old.cards[i]!.lineIds.join(),
        );
        expect(changed).toHaveLength(16);
        expect(changed.every(({ lineIds }) => lineIds.includes('line-new'))).toBe(true);
      }),
      RUNS,
    );
  });

  it('has exactly the lines that are there, each once, and old ones in their order', () => {
    const change = fc.record({
      count: numbers,
      leave: fc.infiniteStream(fc.boolean()),
      come: fc.nat(6),
    });
    fc.assert(
      fc.property(change, ({ count, leave, come }) => {
        const pod = podOf(count);
        const fresh = Array.from({ length: come }, (_each, i) => line(`new-${i}`, `batch-${i}`));
        const now = [...lines(count).filter(() => !leave.next().value), ...fresh];
        const next = nextGeneration(pod, now, policy);
        expect(next.ring.map(({ id }) => id).sort()).toEqual(now.map(({ id }) => id).sort());
        const stays = (each: Pod): string[] =>
          each.ring.map(({ id }) => id).filter((id) => now.some((known) => known.id === id));
        const both = new Set(stays(pod));
        expect(stays(next).filter((id) => both.has(id))).toEqual(stays(pod));
      }),
      RUNS,
    );
  });

  it('is the pod itself while no line comes or goes, and has other ids than the one before', () => {
    const pod = podOf(20);
    expect(nextGeneration(pod, lines(20), policy)).toBe(pod);
    const next = nextGeneration(pod, lines(21), policy);
    const before = new Set(idsOf(pod));
    expect(idsOf(next).some((id) => before.has(id))).toBe(false);
    expect(new Set(idsOf(next)).size).toBe(84);
  });
});

describe('pods', () => {
  it('have about twenty lines each, at most 26, and the failure domains dealt evenly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 }), (count) => {
        const dealt = dealIntoPods(lines(count), policy);
        const sizes = dealt.map((pod) => pod.length);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(count);
        expect(Math.max(...sizes)).toBeLessThanOrEqual(26);
        if (count > 26) expect(Math.min(...sizes)).toBeGreaterThanOrEqual(13);
        for (const domain of ['batch-0', 'batch-1']) {
          const held = dealt.map(
            (pod) => pod.filter(({ failureDomains }) => failureDomains[0] === domain).length,
          );
          expect(Math.max(...held) - Math.min(...held)).toBeLessThanOrEqual(1);
        }
      }),
      RUNS,
    );
  });

  it('get another one when all are nearly full', () => {
    expect(needsAnotherPod([0.91, 0.95], policy)).toBe(true);
    expect(needsAnotherPod([0.91, 0.9], policy)).toBe(false);
  });
});

describe('the card of a person', () => {
  const cards = cardsOf(podOf(20), policy);
  const open = { usable: () => true, reserveHolds: () => true, users: () => 0 };

  it('holds the primary, and the fallbacks are its other numbers', () => {
    fc.assert(
      fc.property(fc.nat(19), fc.uuid(), fc.nat(3), (primary, userId, dead) => {
        const lineId = `line-${primary}`;
        const card = chooseCard(lineId, userId, cards, {
          ...open,
          usable: (id) => id !== `line-${dead}`,
        })!;
        expect(card.lineIds).toContain(lineId);
        const fallbacks = fallbacksOn(card, lineId);
        expect(fallbacks).toHaveLength(3);
        // One dead line is on few enough cards to be avoided.
        if (dead !== primary) expect(fallbacks).not.toContain(`line-${dead}`);
      }),
      RUNS,
    );
  });

  it('is, of equal ones, the one that fewest with this primary hold', () => {
    const held = new Map<string, number>();
    for (let i = 0; i < 160; i += 1) {
      const card = chooseCard('line-3', `user-${i}`, cards, {
        ...open,
        users: (id) => held.get(id) ?? 0,
      })!;
      held.set(card.id, (held.get(card.id) ?? 0) + 1);
    }
    expect([...held.values()]).toEqual(Array<number>(16).fill(10));
  });

  it('is one whose fallbacks keep their reserve, if there is one', () => {
    const full = new Set(['line-1', 'line-2', 'line-5']);
    const card = chooseCard('line-0', 'user', cards, {
      ...open,
      reserveHolds: (ids) => ids.every((id) => !full.has(id)),
    })!;
    expect(card.lineIds.some((id) => full.has(id))).toBe(false);
    expect(
      chooseCard('line-0', 'user', cards, { ...open, reserveHolds: () => false }),
    ).not.toBeNull();
  });

  it('is none for a line that no card holds', () => {
    expect(chooseCard('elsewhere', 'user', cards, open)).toBeNull();
  });

  it('is owed anew when fewer than two of its numbers live and the pool has more to give', () => {
    const live = (...ids: string[]): Set<string> => new Set(ids);
    expect(owesNewCard(['a', 'b', 'c', 'd'], live('a', 'b', 'x'))).toBe(false);
    expect(owesNewCard(['a', 'b', 'c', 'd'], live('a', 'x', 'y'))).toBe(true);
    expect(owesNewCard(['a', 'b', 'c', 'd'], live('a'))).toBe(false);
    expect(owesNewCard(['a'], live('b'))).toBe(true);
    expect(owesNewCard([], live())).toBe(false);
  });
});
