import fc from 'fast-check';
import { NOW } from '../../../../test/support/lines';
import { DAY_MS } from '../kernel/time';
import { RelievingFirst } from './relieving-first';

const anyUsers = fc
  .array(
    fc.record({
      meanMilli: fc.nat(60_000),
      lastMessageAt: fc.option(
        fc.integer({ min: 3 * DAY_MS, max: 12 * DAY_MS }).map((ms) => NOW - ms),
      ),
    }),
    { maxLength: 12 },
  )
  .map((users) => users.map((user, i) => ({ ...user, userId: `user-${i}` })));

describe('who is moved off a line', () => {
  it('is each time whoever relieves it most for what the move costs them, each once', () => {
    const needs = fc.infiniteStream(fc.double({ min: 0.01, max: 80, noNaN: true }));
    fc.assert(
      fc.property(anyUsers, needs, (users, stream) => {
        const queue = new RelievingFirst(users, NOW);
        const left = [...users];
        while (left.length > 0) {
          const need = Number(stream.next().value);
          // Said again as a table of all that are left.
          const score = ({ meanMilli, lastMessageAt: at }: (typeof users)[number]): number =>
            Math.min(meanMilli / 1_000, need) / (at !== null && NOW - at < 7 * DAY_MS ? 6 : 1);
          const user = queue.next(need)!;
          expect(score(user)).toBe(Math.max(...left.map(score)));
          left.splice(left.indexOf(user), 1);
        }
        expect(queue.next(1)).toBeUndefined();
      }),
      { numRuns: 1_000 },
    );
  });

  it('is the one who has long been silent, unless another takes six times as much off', () => {
    const order = (heard: number): string[] => {
      const queue = new RelievingFirst(
        [
          { userId: 'heard', meanMilli: heard, lastMessageAt: NOW - 6 * DAY_MS },
          { userId: 'silent', meanMilli: 1_000, lastMessageAt: NOW - 7 * DAY_MS },
        ],
        NOW,
      );
      return [queue.next(100)!.userId, queue.next(100)!.userId];
    };
    expect(order(6_000)).toEqual(['silent', 'heard']);
    expect(order(6_001)).toEqual(['heard', 'silent']);
  });
});
