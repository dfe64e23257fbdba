import { HOUR_MS, MINUTE_MS } from '../kernel/time';
import { type GapSigns, isOddlyQuiet, suspectGap } from './suspicion';

const NOW = 1_000 * HOUR_MS + 20 * MINUTE_MS;
const NONE: GapSigns = {
  ...{ asked: false, lookedAt: null, subscribedAt: null, rejectedAt: null },
  isToldOnce: false,
};
const JUST_READ = NOW - 2 * MINUTE_MS;
const HOURS_AGO = NOW - 3 * HOUR_MS;

describe('suspectGap', () => {
  it.each([
    ['just read, no sign', JUST_READ, false, {}, null],
    ['an operator asks', JUST_READ, false, { asked: true }, { cause: 'asked', at: NOW }],
    ['looked a moment ago', HOURS_AGO, false, { lookedAt: NOW - 5 * MINUTE_MS }, null],
    [
      'nobody looked for long',
      JUST_READ,
      false,
      { lookedAt: NOW - 16 * MINUTE_MS },
      { cause: 'was-down', at: NOW },
    ],
    [
      'subscribed since',
      HOURS_AGO,
      false,
      { subscribedAt: NOW - HOUR_MS },
      { cause: 'resubscribed', at: NOW - HOUR_MS },
    ],
    ['subscribed before', JUST_READ, false, { subscribedAt: NOW - HOUR_MS }, null],
    [
      'turned a delivery away since',
      HOURS_AGO,
      false,
      { rejectedAt: NOW - HOUR_MS },
      { cause: 'rejected', at: NOW - HOUR_MS },
    ],
    ['turned one away, read within the hour', JUST_READ, false, { rejectedAt: NOW }, null],
    ['turned one away before', HOURS_AGO, false, { rejectedAt: HOURS_AGO }, null],
    ['quiet', HOURS_AGO, true, {}, { cause: 'quiet', at: 1_000 * HOUR_MS }],
    ['quiet, read in this hour', JUST_READ, true, {}, null],
    ['read hours ago', HOURS_AGO, false, {}, null],
    [
      'read hours ago, and told once only',
      HOURS_AGO,
      false,
      { isToldOnce: true },
      { cause: 'sweep', at: HOURS_AGO + HOUR_MS },
    ],
    ['a day old', NOW - 24 * HOUR_MS, false, {}, { cause: 'sweep', at: NOW }],
  ] as const)('%s', (_what, readAt, isQuiet, signs, expected) => {
    expect(suspectGap(readAt, isQuiet, { ...NONE, ...signs }, NOW)).toEqual(expected);
  });

  it('is settled by a reading that began at or after its sign', () => {
    const signs = { ...NONE, subscribedAt: NOW - HOUR_MS, rejectedAt: NOW - HOUR_MS };
    const found = suspectGap(HOURS_AGO, false, signs, NOW);
    expect(suspectGap(found?.at ?? 0, false, signs, NOW)).toBeNull();
  });
});

describe('isOddlyQuiet', () => {
  it.each([
    [0, [10, 10, 10], true],
    [1, [10, 10, 10], false],
    [0, [9, 10, 10], false],
    [0, [], false],
    [0, [0, 0, 40], true],
  ])('%d against %j', (messages, before, quiet) => {
    expect(isOddlyQuiet(messages, before)).toBe(quiet);
  });
});
