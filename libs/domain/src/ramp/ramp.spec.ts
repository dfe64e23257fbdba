import fc from 'fast-check';
import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { DAY_MS } from '../kernel/time';
import type { Line } from '../line/line';
import { goodDaysForCap, isRamping, rampCap, todayCap } from './cap';
import { closeDay, type DayEvidence, type DayOutcome } from './close-day';

const RUNS = { numRuns: 1_000 };

describe('the ramp', () => {
  it('begins at 150 and grows by a quarter each good day, up to the budget', () => {
    const caps = Array.from({ length: 16 }, (_each, goodDays) =>
      rampCap(aLine({ goodDays }), policy),
    );
    expect(caps).toEqual([
      150, 188, 234, 293, 366, 458, 572, 715, 894, 1_118, 1_397, 1_746, 2_183, 2_728, 3_000, 3_000,
    ]);
    expect(isRamping(aLine({ goodDays: 13 }), policy)).toBe(true);
    expect(isRamping(aLine({ goodDays: 14 }), policy)).toBe(false);
  });

  it('never gives a line more than its own budget', () => {
    expect(rampCap(aLine({ goodDays: 40, budgetPerDay: 500 }), policy)).toBe(500);
  });

  it('finds the fewest good days whose cap carries what a line carried before', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4_000 }),
        fc.integer({ min: 200, max: 7_000 }),
        (carried, budget) => {
          const goodDays = goodDaysForCap(carried, budget, policy);
          const exact = (days: number): number => Math.min(budget, 150 * 1.25 ** days);
          expect(exact(goodDays)).toBeGreaterThanOrEqual(Math.min(carried, budget) - 1e-6);
          if (goodDays > 0) expect(exact(goodDays - 1)).toBeLessThan(Math.min(carried, budget));
        },
      ),
      RUNS,
    );
    expect(goodDaysForCap(150, 3_000, policy)).toBe(0);
    expect(goodDaysForCap(151, 3_000, policy)).toBe(1);
  });

  it('lets no line jump above a quarter more than it lately carried or was given', () => {
    const mature = aLine({ meanMilli: 400_000 });
    expect(todayCap(mature, 1_000, policy)).toBe(1_250);
    expect(todayCap(mature, 0, policy)).toBe(500);
    expect(todayCap(aLine(), 0, policy)).toBe(300);
    expect(todayCap(aLine({ goodDays: 0 }), 0, policy)).toBe(150);
    expect(todayCap(aLine(), 2_900, policy)).toBe(3_000);
  });
});

describe('a closed day', () => {
  const GOOD: DayEvidence = {
    in: 60,
    out: 60,
    recipients: 30,
    replied: 20,
    failures: 0,
    optOuts: 0,
    suspect: false,
  };
  const close = (
    evidence: Partial<DayEvidence> = {},
    line: Partial<Line> = {},
    allowedPerDay = 100,
  ): DayOutcome =>
    closeDay(aLine({ goodDays: 5, ...line }), { ...GOOD, ...evidence }, allowedPerDay, NOW, policy);

  it('advances the ramp by one when it was a good one', () => {
    expect(close()).toMatchObject({ outcome: 'advance', goodDays: 6, rampHoldUntil: null });
  });

  it.each<[string, Partial<DayEvidence>, number, 'advance' | 'hold']>([
    ['enough use, few people', { recipients: 19, replied: 4, in: 30, out: 30 }, 100, 'advance'],
    [
      'enough use, and only they wrote',
      { recipients: 0, replied: 0, in: 60, out: 0 },
      100,
      'advance',
    ],
    ['little use, enough people', { recipients: 20, in: 10, out: 20 }, 100, 'advance'],
    ['little use and few people', { recipients: 19, in: 30, out: 29 }, 100, 'hold'],
    ['no use at all', { recipients: 0, replied: 0, in: 0, out: 0 }, 100, 'hold'],
    ['nothing allowed, few people', { recipients: 3, in: 5, out: 5 }, 0, 'hold'],
  ])('judges only on evidence: %s', (_what, evidence, allowed, outcome) => {
    const closed = close(evidence, {}, allowed);
    expect(closed.outcome).toBe(outcome);
    expect(closed.goodDays).toBe(outcome === 'advance' ? 6 : 5);
  });

  it.each<[string, Partial<DayEvidence>, Partial<Line>]>([
    ['more than a tenth failed', { failures: 4 }, {}],
    ['more than a tenth opted out', { optOuts: 4 }, {}],
    ['failures and opt-outs together are more than a tenth', { failures: 2, optOuts: 2 }, {}],
    ['it was suspect', { suspect: true }, {}],
    ['its reputation is critical', {}, { reputation: 'CRITICAL' }],
  ])('halves the cap when %s, and holds for three days', (_what, evidence, line) => {
    const closed = close(evidence, line);
    // Half of 458 is 229; two good days give 234.
    expect(closed).toMatchObject({
      outcome: 'regress',
      goodDays: 2,
      rampHoldUntil: NOW + 3 * DAY_MS,
    });
    expect(closed.reasons).toHaveLength(1);
  });

  it.each<[string, Partial<DayEvidence>, Partial<Line>]>([
    ['fewer than a fifth replied', { recipients: 30, replied: 5 }, {}],
    ['more than three went out for one that came in', { in: 30, out: 91 }, {}],
    ['all went out and none came in', { in: 0, out: 400 }, {}],
    ['its reputation is at risk', {}, { reputation: 'AT_RISK' }],
  ])('holds, and takes nothing away, when %s', (_what, evidence, line) => {
    const closed = close(evidence, line);
    expect(closed).toMatchObject({ outcome: 'hold', goodDays: 5, rampHoldUntil: null });
    expect(closed.reasons).toEqual([expect.stringMatching(/^no good day: /)]);
    expect(close(evidence, { ...line, goodDays: 30 })).toMatchObject({
      outcome: 'hold',
      goodDays: 30,
    });
  });

  it.each<[string, Partial<DayEvidence>]>([
    ['a fifth replied', { replied: 6 }],
    ['three went out for one', { in: 30, out: 90 }],
    ['a tenth failed', { failures: 3 }],
  ])('is still good at the limit: %s', (_what, evidence) => {
    expect(close(evidence).outcome).toBe('advance');
  });

  it.each<[string, Partial<DayEvidence>]>([
    ['few replied', { replied: 3 }],
    ['much went out', { in: 20, out: 80 }],
    ['some failed', { failures: 2 }],
  ])('neither punishes nor praises for a handful of people: %s', (_what, evidence) => {
    expect(close({ recipients: 19, ...evidence })).toMatchObject({ outcome: 'hold', goodDays: 5 });
  });

  it('never falls below the first day, and always falls', () => {
    expect(close({ suspect: true }, { goodDays: 0 })).toMatchObject({
      outcome: 'regress',
      goodDays: 0,
    });
    expect(close({ suspect: true }, { goodDays: 1 }).goodDays).toBe(0);
    // A mature line falls from its budget: 3,000 to 1,500, which eleven days give.
    expect(close({ suspect: true }, { goodDays: 30 }).goodDays).toBe(11);
  });

  it('holds while an earlier bad day is remembered', () => {
    expect(close({}, { rampHoldUntil: NOW + 1 })).toMatchObject({
      outcome: 'hold',
      goodDays: 5,
      rampHoldUntil: NOW + 1,
    });
    expect(close({}, { rampHoldUntil: NOW }).outcome).toBe('advance');
  });

  it('holds at the whole budget', () => {
    expect(close({}, { goodDays: 14 })).toMatchObject({ outcome: 'hold', goodDays: 14 });
  });

  it('begins anew after an ejection, whatever the day was like', () => {
    expect(close({}, { health: 'ejected' })).toMatchObject({ outcome: 'abort', goodDays: 0 });
  });

  it('moves the cap up by a quarter at most, whatever happened', () => {
    const evidence = fc.record({
      in: fc.nat(2_000),
      out: fc.nat(2_000),
      recipients: fc.nat(300),
      replied: fc.nat(300),
      failures: fc.nat(50),
      optOuts: fc.nat(50),
      suspect: fc.boolean(),
    });
    fc.assert(
      fc.property(evidence, fc.nat(20), fc.nat(2_400), (told, goodDays, allowed) => {
        const line = aLine({ goodDays });
        const closed = closeDay(line, told, allowed, NOW, policy);
        expect(closed.goodDays).toBeGreaterThanOrEqual(0);
        const next = rampCap({ ...line, goodDays: closed.goodDays }, policy);
        expect(next).toBeLessThanOrEqual(Math.ceil(1.25 * rampCap(line, policy)));
        expect(closed.reasons.length).toBeGreaterThan(0);
      }),
      RUNS,
    );
  });
});
