import fc from 'fast-check';
import { HOUR_MS } from '../kernel/time';
import { isGivenUp, nextTryAt } from './retry';

const QUEUED_AT = Date.UTC(2026, 2, 2, 10);
const limits = { disableAfterFailures: 20, disableAfterHours: 12 };

/** The instants of all tries of an endpoint that never answers, each taking no time. */
function tries(chance: () => number): number[] {
  const at = [QUEUED_AT];
  for (;;) {
    const now = at.at(-1) ?? QUEUED_AT;
    const next = nextTryAt({ queuedAt: QUEUED_AT, attempts: at.length }, now, 24, chance());
    if (next === null) return at;
    at.push(next);
  }
}

describe('An event that an endpoint does not take', () => {
  it('is tried for a day and never after it, some dozen times, with ever longer waits', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1 - 1e-9, noNaN: true })), (each) => {
        const chance = (): number => each.next().value as number;
        const at = tries(chance);
        expect(at.length).toBeGreaterThanOrEqual(12);
        expect(at.length).toBeLessThanOrEqual(24);
        const last = at.at(-1) ?? 0;
        expect(last).toBeLessThanOrEqual(QUEUED_AT + 24 * HOUR_MS);
        expect(last).toBeGreaterThan(QUEUED_AT + 19 * HOUR_MS);
        const waits = at.slice(1).map((instant, i) => instant - (at[i] ?? 0));
        for (const [i, wait] of waits.entries()) {
          const whole = Math.min(4 * HOUR_MS, 5_000 * 3 ** i);
          expect(wait).toBeGreaterThanOrEqual(whole / 2);
          expect(wait).toBeLessThanOrEqual(whole);
        }
      }),
    );
  });

  it('is not tried at the same moment as another that failed with it', () => {
    const delivery = { queuedAt: QUEUED_AT, attempts: 4 };
    const at = [0, 0.3, 0.6, 0.9].map((chance) => nextTryAt(delivery, QUEUED_AT, 24, chance));
    expect(new Set(at).size).toBe(4);
  });
});

describe('An endpoint', () => {
  it.each([
    ['that fails often within an hour', 500, HOUR_MS, false],
    ['that fails rarely for a week', 19, 7 * 24 * HOUR_MS, false],
    ['that fails often, for long', 20, 12 * HOUR_MS, true],
  ])('%s is given up: %#', (_what, failures, forMs, expected) => {
    expect(isGivenUp({ failures, failingSince: QUEUED_AT - forMs }, QUEUED_AT, limits)).toBe(
      expected,
    );
  });

  it('that has not failed is kept', () => {
    expect(isGivenUp({ failures: 0, failingSince: null }, QUEUED_AT, limits)).toBe(false);
  });
});
