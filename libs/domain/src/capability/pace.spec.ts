import fc from 'fast-check';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../kernel/time';
import { CHECK_HELD_MS, knownImessage, nextCheckAt, slotFreeAt } from './pace';

const NOW = Date.UTC(2026, 2, 2, 10);

describe('A line that has checked', () => {
  it('rests for ten seconds after an answer', () => {
    expect(slotFreeAt({ kind: 'answered' }, NOW)).toBe(NOW + 10_000);
  });

  it.each([
    ['the provider does not say for how long', null, 10 * SECOND_MS],
    ['it says less than the pace', 3, 10 * SECOND_MS],
    ['it says more', 45, 45 * SECOND_MS],
    ['it says more than makes sense', 40_000, HOUR_MS],
  ])('is told to wait: %s', (_what, retryAfterSeconds, rest) => {
    expect(slotFreeAt({ kind: 'limited', retryAfterSeconds }, NOW)).toBe(NOW + rest);
  });

  it('and failed rests until another line has had its try at that handle', () => {
    const next = nextCheckAt({ askedAt: NOW, attempts: 1 }, NOW, 5) ?? Infinity;
    expect(slotFreeAt({ kind: 'failed' }, NOW)).toBeGreaterThan(next);
  });

  it('is kept for longer than any check takes', () => {
    expect(CHECK_HELD_MS).toBeGreaterThan(10 * SECOND_MS);
  });
});

describe('A check without an answer', () => {
  it('is made so often and no more, at ever longer intervals, never after a day', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), (maxTries) => {
        const at = [NOW];
        for (;;) {
          const now = at.at(-1) ?? NOW;
          const next = nextCheckAt({ askedAt: NOW, attempts: at.length }, now, maxTries);
          if (next === null) break;
          at.push(next);
        }
        expect(at.length).toBe(maxTries);
        const waits = at.slice(1).map((each, i) => each - (at[i] ?? 0));
        for (const [i, wait] of waits.entries()) {
          expect(wait).toBe(Math.min(10 * MINUTE_MS, 30 * SECOND_MS * 2 ** i));
        }
      }),
    );
  });

  it('that never failed but was held up is given up after a day', () => {
    const check = { askedAt: NOW, attempts: 0 };
    expect(nextCheckAt(check, NOW + DAY_MS - 1, 5)).toBe(NOW + DAY_MS - 1 + 30 * SECOND_MS);
    expect(nextCheckAt(check, NOW + DAY_MS, 5)).toBeNull();
  });
});

describe('What is known of a handle', () => {
  it.each([
    ['nothing, before any answer', { imessage: null, expiresAt: null }, null],
    ['yes, until it expires', { imessage: true, expiresAt: NOW + 1 }, true],
    ['no, until it expires', { imessage: false, expiresAt: NOW + 1 }, false],
    ['nothing from then on', { imessage: true, expiresAt: NOW }, null],
    ['nothing, where nobody could tell', { imessage: null, expiresAt: NOW + 1 }, null],
  ])('is %s', (_what, answer, known) => {
    expect(knownImessage(answer, NOW)).toBe(known);
  });
});
