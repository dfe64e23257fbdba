import fc from 'fast-check';
import { DAY_MS } from '../kernel/time';
import { afterMessage, afterStart, afterStop, NOTHING_WISHED, type Wishes } from './wishes';

interface Word {
  readonly kind: 'stop' | 'start' | 'message';
  readonly at: number;
}

const anyWords = fc
  .array(
    fc.record({
      kind: fc.constantFrom('stop', 'start', 'message'),
      at: fc.integer({ min: 1, max: 12 }),
    } as const),
    { maxLength: 8 },
  )
  .chain((words) =>
    fc.tuple(
      fc.constant(words),
      fc.shuffledSubarray(words, { minLength: words.length, maxLength: words.length }),
    ),
  );

/** Takes the words in as they come; each of them is a message of the person too. */
function hear(words: readonly Word[]): Wishes {
  let wishes = NOTHING_WISHED;
  let lastWroteAt: number | null = null;
  for (const { kind, at } of words) {
    if (kind === 'stop') wishes = afterStop(wishes, at, lastWroteAt);
    else if (kind === 'start') wishes = afterStart(wishes, at);
    else wishes = afterMessage(wishes, at);
    lastWroteAt = Math.max(lastWroteAt ?? at, at);
  }
  return wishes;
}

const latest = (words: readonly Word[], wanted: Word['kind']): number =>
  Math.max(...words.filter(({ kind }) => kind === wanted).map(({ at }) => at), -Infinity);

describe('what a person wishes', () => {
  it('does not depend on the order in which it is heard', () => {
    fc.assert(
      fc.property(anyWords, ([words, shuffled]) => {
        expect(hear(shuffled)).toEqual(hear(words));
      }),
      { numRuns: 5_000 },
    );
  });

  it('is the latest of what they said, a stop before a start of the same instant', () => {
    fc.assert(
      fc.property(anyWords, ([, heard]) => {
        const [stop, start, message] = [
          latest(heard, 'stop'),
          latest(heard, 'start'),
          latest(heard, 'message'),
        ];
        const stands = stop > -Infinity && stop >= start;
        expect(hear(heard)).toEqual({
          suppressedAt: stands ? stop : null,
          liftedAt: start > -Infinity ? start : null,
          replyAllowedUntil: stands && message > stop ? message + DAY_MS : null,
        });
      }),
      { numRuns: 5_000 },
    );
  });

  it('is not changed by hearing a word again', () => {
    fc.assert(
      fc.property(anyWords, ([words]) => {
        expect(hear([...words, ...words])).toEqual(hear(words));
      }),
    );
  });
});
