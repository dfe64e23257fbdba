import { seededRandom } from './random';

describe('a seeded stream of numbers', () => {
  it('is the same for the same seed and another for another one', () => {
    const some = (seed: number): number[] => Array.from({ length: 5 }, seededRandom(seed));
    expect(some(7)).toEqual(some(7));
    expect(some(7)).not.toEqual(some(8));
  });

  it('is even over [0, 1)', () => {
    const random = seededRandom(1);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i += 1) counts[Math.floor(10 * random())]! += 1;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });
});
