import { place, PlacementIndex, seededRandom } from '@linekeeper/domain';
import { DAY_MS, lineWith, NOW, policy, USER } from './lines';
import { type Measured, msOf, usPerCall } from './measure';

const BATCHES = 100;
const BATCH = 200;

/** One user placed, and taken off again so that the fleet stays as full as it was. */
export function placements(): Measured[] {
  return [10, 1_000, 100_000].flatMap((count) => {
    const random = seededRandom(1);
    const lines = Array.from({ length: count }, (_each, i) =>
      lineWith(i, Math.floor(65 * random())),
    );
    const snapshot = { now: NOW, lines, nextDayAt: NOW + DAY_MS };
    const index = new PlacementIndex(snapshot, policy);
    const request = (n: number) => ({ userId: `user-${n}`, ...USER });
    const fleet = `${count.toLocaleString('en')} lines`;
    const placing: Measured = {
      name: `place, ${fleet}`,
      unit: 'us',
      target: 5,
      ours: () =>
        usPerCall(BATCHES, BATCH, (n) => {
          const user = request(n);
          const answer = index.choose(user, random);
          if (answer.kind === 'no-capacity') throw new Error('The fleet is not meant to be full');
          index.commit(answer.lineId, user);
          index.release(answer.lineId, user);
        }),
      bare: bareTwoChoices(lines.map(({ meanMilli }) => meanMilli)),
    };
    const renewing: Measured = {
      name: `refresh of the index, ${fleet}`,
      unit: 'ms',
      target: null,
      ours: () =>
        msOf(() => {
          index.refresh(NOW);
          return index.choose(request(0), random);
        }),
      bare: null,
    };
    const explaining: Measured = {
      name: `place with its explanation, ${fleet}`,
      unit: 'ms',
      target: null,
      ours: () => msOf(() => place(request(0), snapshot, policy)),
      bare: null,
    };
    return [placing, renewing, explaining];
  });
}

/** Power of two choices over loads and caps in two arrays: no states, no admission, no weights. */
function bareTwoChoices(means: readonly number[]): () => number {
  const random = seededRandom(2);
  const load = Float64Array.from(means);
  const cap = new Float64Array(means.length).fill(3_000_000);
  return () =>
    usPerCall(BATCHES, BATCH, () => {
      const a = Math.floor(random() * load.length);
      const b = Math.floor(random() * load.length);
      const best = of(load, a) / of(cap, a) <= of(load, b) / of(cap, b) ? a : b;
      load[best] = of(load, best) + USER.meanMilli;
      load[best] = of(load, best) - USER.meanMilli;
    });
}

const of = (list: Float64Array, i: number): number => list[i] ?? 0;
