import fc from 'fast-check';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { keepPods } from './keep-pods';
import { openPod, type Pod } from './pod';
import type { RingLine } from './ring';

const RUNS = { numRuns: 1_000 };
/** Each of its own area: how a ring mixes areas is tested with the rings. */
const lineOf = (i: number): RingLine => ({ id: `line-${i}`, failureDomains: [`area-${i}`] });
const linesOf = (ids: Iterable<number>): RingLine[] => [...ids].map(lineOf);
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_each, i) => from + i);

/** The pods after the lines have changed; new ones are named in the order in which they are opened. */
function after(pods: readonly Pod[], lines: readonly RingLine[]): Pod[] {
  const plan = keepPods(pods, lines, policy);
  const names = pods.length === 0 ? 0 : 1 + Math.max(...pods.map(({ id }) => Number(id.slice(4))));
  return [...plan.kept, ...plan.opened.map((each, i) => openPod(`pod-${names + i}`, each, policy))];
}

/** A fleet's history: how many lines are there first, then lines that leave and come. */
const histories = fc.record({
  first: fc.integer({ min: 0, max: 70 }),
  changes: fc.array(
    fc.record({ leave: fc.array(fc.nat(69), { maxLength: 30 }), come: fc.nat(30) }),
    { maxLength: 4 },
  ),
});

function* play({
  first,
  changes,
}: {
  first: number;
  changes: { leave: number[]; come: number }[];
}) {
  const here = new Set(range(0, first));
  let next = first;
  let before: Pod[] = [];
  let pods = after([], linesOf(here));
  yield { before, pods, lines: linesOf(here) };
  for (const { leave, come } of changes) {
    for (const id of leave) here.delete([...here][id] ?? -1);
    for (const id of range(next, next + come)) here.add(id);
    next += come;
    before = pods;
    pods = after(before, linesOf(here));
    yield { before, pods, lines: linesOf(here) };
  }
}

describe('The pods of a pool', () => {
  it('hold every line once, never too many, and never few beside others', () => {
    fc.assert(
      fc.property(histories, (history) => {
        for (const { pods, lines } of play(history)) {
          const held = pods.flatMap(({ ring }) => ring.map(({ id }) => id));
          expect([...held].sort()).toEqual(lines.map(({ id }) => id).sort());
          for (const { ring } of pods) {
            expect(ring.length).toBeLessThanOrEqual(policy.cards.maxLinesPerPod);
            if (pods.length > 1) expect(ring.length).toBeGreaterThanOrEqual(10);
            expect(ring.length).toBeGreaterThan(0);
          }
          expect(new Set(pods.map(({ id }) => id)).size).toBe(pods.length);
        }
      }),
      RUNS,
    );
  });

  it('stay as they are without a change, and have a new generation with one', () => {
    fc.assert(
      fc.property(histories, (history) => {
        for (const { before, pods, lines } of play(history)) {
          const again = keepPods(pods, lines, policy);
          expect(again.opened).toEqual([]);
          expect(again.closed).toEqual([]);
          expect(new Set(again.kept)).toEqual(new Set(pods));
          for (const pod of again.kept) expect(pods).toContain(pod);
          for (const pod of before) {
            const now = pods.find(({ id }) => id === pod.id);
            if (!now) continue;
            const same =
              now.ring.map(({ id }) => id).join() === pod.ring.map(({ id }) => id).join();
            expect(now.generation).toBe(same ? pod.generation : pod.generation + 1);
          }
        }
      }),
      RUNS,
    );
  });

  it('take a new line in the place of one that left, and leave everybody else where they are', () => {
    const [pod] = after([], linesOf(range(0, 20)));
    const [next] = after([pod!], linesOf([...range(0, 7), ...range(8, 20), 40]));
    const place = pod!.ring.findIndex(({ id }) => id === 'line-7');
    expect(next!.ring[place]!.id).toBe('line-40');
    for (const [i, line] of pod!.ring.entries())
      if (i !== place) expect(next!.ring[i]).toEqual(line);
  });

  it('are two when there is one line too many, and one again when half of them is gone', () => {
    const one = after([], linesOf(range(0, 26)));
    expect(one.map(({ ring }) => ring.length)).toEqual([26]);
    const two = after(one, linesOf(range(0, 27)));
    expect(two.map(({ ring }) => ring.length)).toEqual([14, 13]);
    const shrunk = keepPods(two, linesOf(range(0, 27).filter((i) => i % 3 === 0)), policy);
    expect(shrunk.kept).toHaveLength(1);
    expect(shrunk.closed).toHaveLength(1);
    expect(keepPods(two, [], policy)).toEqual({ kept: [], opened: [], closed: ['pod-0', 'pod-1'] });
  });

  it('are opened for many new lines without touching the others', () => {
    const one = after([], linesOf(range(0, 26)));
    const plan = keepPods(one, linesOf(range(0, 66)), policy);
    expect(plan.kept).toEqual(one);
    expect(plan.opened.map((lines) => lines.length)).toEqual([20, 20]);
  });
});
