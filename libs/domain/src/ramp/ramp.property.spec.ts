import fc from 'fast-check';
import { aLine, NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy, type FleetPolicy } from '../fleet-policy';
import { assumedPrior } from '../forecast/prior';
import { DAY_MS } from '../kernel/time';
import type { Line } from '../line/line';
import { admissiblePerDay, admits, loadWith } from '../placement/admission';
import { admissionCap } from '../placement/admission-cap';
import { place, whyNotPlaced } from '../placement/place';
import type { LineView } from '../placement/types';
import { goodDaysWithin, rampCap, todayCap } from './cap';
import { closeDay, type DayEvidence } from './close-day';
import {
  goodDaysUnder,
  RAMP_PRESETS,
  type RampPreset,
  rampPresetOf,
  withRampPreset,
} from './presets';

const RUNS = { numRuns: 1_000 };
const presets = fc.constantFrom<RampPreset>('careful', 'standard', 'fast');
const CLEAN: DayEvidence = {
  in: 80,
  out: 80,
  recipients: 40,
  replied: 20,
  failures: 0,
  optOuts: 0,
  suspect: false,
};
const SILENT: DayEvidence = { ...CLEAN, in: 0, out: 0, recipients: 0, replied: 0 };

const anyDay: fc.Arbitrary<DayEvidence> = fc.oneof(
  fc.constant(CLEAN),
  fc.constant(SILENT),
  fc.record({
    in: fc.nat(400),
    out: fc.nat(400),
    recipients: fc.nat(60),
    replied: fc.nat(60),
    failures: fc.nat(6),
    optOuts: fc.nat(3),
    suspect: fc.constantFrom(false, false, false, true),
    evidenceShare: fc.constantFrom(0, 0, 0.4, 0.5, 1),
    idleDays: fc.constantFrom(0, 0, 0, 13, 14),
  }),
);
type Ramping = Pick<Line, 'goodDays' | 'budgetPerDay' | 'health' | 'rampHoldUntil' | 'reputation'>;

/** Closes a day and answers with the line after it. */
function close(line: Ramping, day: DayEvidence, at: number, world: FleetPolicy, allowed = 150) {
  const outcome = closeDay(line, day, allowed, NOW + at * DAY_MS, world);
  const { goodDays, rampHoldUntil } = outcome;
  return { outcome, after: { ...line, goodDays, rampHoldUntil } };
}

describe('the ramp over any run of days', () => {
  it('grows by its preset at most, never past the budget, and falls only by an incident', () => {
    fc.assert(
      fc.property(presets, fc.array(anyDay, { maxLength: 40 }), (preset, days) => {
        const world = withRampPreset(policy, preset);
        let line: Ramping = aLine({ goodDays: 0 });
        for (const [i, day] of days.entries()) {
          const before = rampCap(line, world);
          const { outcome, after } = close(line, day, i, world);
          const cap = rampCap(after, world);
          // Caps are rounded to whole messages.
          expect(cap).toBeLessThanOrEqual(RAMP_PRESETS[preset] * before + 1);
          expect(cap).toBeLessThanOrEqual(3_000);
          expect(cap).toBeGreaterThanOrEqual(150);
          if (outcome.outcome === 'regress')
            expect(after.goodDays).toBeLessThanOrEqual(line.goodDays);
          else expect(cap).toBeGreaterThanOrEqual(before);
          if (outcome.outcome === 'advance') expect(day.suspect).toBe(false);
          line = after;
        }
      }),
      RUNS,
    );
  });

  it('never grows on silence, and not on a day with half the evidence of a suspicion', () => {
    const started = fc.nat(13);
    const evidence = fc.double({ min: 0.5, max: 3, noNaN: true });
    fc.assert(
      fc.property(
        started,
        evidence,
        fc.integer({ min: 0, max: 500 }),
        (goodDays, share, allowed) => {
          const line = aLine({ goodDays });
          for (const day of [SILENT, { ...CLEAN, evidenceShare: share }]) {
            expect(close(line, day, 0, policy, allowed).outcome).toMatchObject({
              outcome: 'hold',
              goodDays,
            });
          }
          const nearly = { ...CLEAN, evidenceShare: 0.49 };
          expect(close(line, nearly, 0, policy).outcome.outcome).toBe('advance');
        },
      ),
      RUNS,
    );
  });

  it('is lowered by every incident, to half of the cap at most, not below the first day', () => {
    const incidents = fc.constantFrom<(line: LineView) => [LineView, DayEvidence]>(
      (line) => [line, { ...CLEAN, suspect: true }],
      (line) => [{ ...line, reputation: 'CRITICAL' }, SILENT],
      (line) => [line, { ...CLEAN, failures: 5 }],
      (line) => [line, { ...CLEAN, optOuts: 5 }],
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), incidents, (goodDays, incident) => {
        const [line, day] = incident(aLine({ goodDays }));
        const { outcome, after } = close(line, day, 0, policy);
        expect(outcome.outcome).toBe('regress');
        expect(after.goodDays).toBeLessThan(goodDays);
        expect(rampCap(after, policy)).toBeGreaterThanOrEqual(150);
        expect(rampCap(after, policy)).toBeLessThanOrEqual(rampCap(line, policy));
        expect(outcome.rampHoldUntil).toBe(NOW + 3 * DAY_MS);
        const ejected = closeDay({ ...line, health: 'ejected' }, day, 150, NOW, policy);
        expect(ejected).toMatchObject({ outcome: 'abort', goodDays: 0 });
      }),
      RUNS,
    );
  });

  it('waits, and loses nothing, while people seldom answer or the provider asks for a slower pace', () => {
    const doubts = fc.constantFrom<(line: LineView) => [LineView, DayEvidence]>(
      (line) => [{ ...line, reputation: 'AT_RISK' }, CLEAN],
      (line) => [line, { ...CLEAN, replied: 7 }],
      (line) => [line, { ...CLEAN, in: 20 }],
    );
    fc.assert(
      fc.property(
        fc.nat(20),
        fc.array(doubts, { minLength: 1, maxLength: 10 }),
        (goodDays, days) => {
          for (const doubt of days) {
            const [line, day] = doubt(aLine({ goodDays }));
            const { outcome, after } = close(line, day, 0, policy);
            expect(outcome).toMatchObject({ outcome: 'hold', rampHoldUntil: null });
            expect(after.goodDays).toBe(goodDays);
          }
        },
      ),
      RUNS,
    );
  });

  it('begins again at the floor of the spike guard after two idle weeks, once', () => {
    const idle = { ...SILENT, idleDays: 14 };
    const mature = close(aLine({ goodDays: 20 }), idle, 0, policy);
    expect(mature.outcome).toMatchObject({ outcome: 'regress', rampHoldUntil: null });
    // 150 x 1.25^3 is 293.
    expect(mature.after.goodDays).toBe(3);
    expect(close(mature.after, { ...idle, idleDays: 15 }, 1, policy).outcome.outcome).toBe('hold');
    expect(close(aLine(), { ...idle, idleDays: 13 }, 0, policy).outcome.outcome).toBe('hold');
    expect(close(mature.after, CLEAN, 1, policy).outcome.outcome).toBe('advance');
  });
});

describe('a ramp preset', () => {
  it('is recognised by its growth', () => {
    for (const preset of ['careful', 'standard', 'fast'] as const) {
      expect(rampPresetOf(withRampPreset(policy, preset))).toBe(preset);
    }
    expect(rampPresetOf({ ...policy, ramp: { ...policy.ramp, growth: 1.3 } })).toBeNull();
    expect(rampPresetOf(policy)).toBe('standard');
  });

  it('never raises a cap when it is changed, and loses a day of growth at most', () => {
    const budgets = fc.integer({ min: 150, max: 7_000 });
    fc.assert(
      fc.property(presets, presets, fc.nat(40), budgets, (from, to, goodDays, budgetPerDay) => {
        const [before, after] = [withRampPreset(policy, from), withRampPreset(policy, to)];
        const cap = rampCap({ goodDays, budgetPerDay }, before);
        const days = goodDaysUnder({ goodDays, budgetPerDay }, before, after);
        const next = rampCap({ goodDays: days, budgetPerDay }, after);
        expect(next).toBeLessThanOrEqual(cap);
        expect(Math.max(150, cap / RAMP_PRESETS[to]) - 1).toBeLessThanOrEqual(next);
        if (cap >= budgetPerDay) expect(next).toBe(budgetPerDay);
        expect(goodDaysUnder({ goodDays: days, budgetPerDay }, after, after)).toBeLessThanOrEqual(
          days,
        );
      }),
      RUNS,
    );
    expect(goodDaysWithin(100, 3_000, policy)).toBe(0);
  });
});

describe('lines that fill by admission alone', () => {
  /** A line that everybody wants to be on: each day it takes users while it may, and their mean is what it carries. */
  function fill(
    start: Partial<LineView>,
    world: FleetPolicy,
    days: number,
    user = { meanMilli: 20_000, varianceMilli: 820_000 },
  ): { readonly caps: number[]; readonly uses: number[]; readonly line: LineView } {
    let line = aLine({ goodDays: 0, meanMilli: 0, ...start });
    const uses: number[] = [];
    const caps: number[] = [];
    const prior = { ...assumedPrior(world), mean: user.meanMilli / 1_000 };
    for (let day = 0; day < days; day += 1) {
      const most = Math.max(0, ...uses.slice(-7));
      line = { ...line, newUsersToday: 0 };
      line = { ...line, todayCap: admissionCap(line, most, world, prior) };
      for (;;) {
        const load = loadWith(line, user);
        // A day may not raise its own cap.
        expect(admissionCap(line, most, world, prior)).toBe(line.todayCap);
        const request = { userId: 'somebody', ...user };
        const snapshot = { now: NOW, lines: [], nextDayAt: NOW + DAY_MS };
        if (whyNotPlaced(line, request, snapshot, world) === 'full') break;
        line = {
          ...line,
          users: line.users + 1,
          newUsersToday: line.newUsersToday + 1,
          meanMilli: 1_000 * load.mean,
          varianceMilli: 1_000 * load.variance,
        };
      }
      const use = line.meanMilli / 1_000;
      caps.push(line.todayCap);
      uses.push(use);
      const evidence = {
        ...CLEAN,
        in: use / 2,
        out: use / 2,
        recipients: line.users,
        replied: Math.ceil(line.users / 2),
      };
      const closed = close(line, evidence, day, world, admissiblePerDay(line, world));
      line = { ...line, ...closed.after };
    }
    return { caps, uses, line };
  }

  /** The whole budget is there, and what keeps more people away is how much days differ. */
  function expectFull(line: LineView, world: FleetPolicy): void {
    expect(rampCap(line, world)).toBe(3_000);
    const more = loadWith(line, { meanMilli: 20_000, varianceMilli: 820_000 });
    expect(admits({ ...line, todayCap: 3_000 }, more, world)).toBe(false);
  }

  it('reach 3,000 within twenty days at the standard and the fast preset, by the preset each day', () => {
    for (const [preset, days] of [
      ['standard', 20],
      ['fast', 13],
      ['careful', 28],
    ] as const) {
      const world = withRampPreset(policy, preset);
      const { caps, uses, line } = fill({}, world, days);
      expectFull(line, world);
      for (const [i, cap] of caps.entries()) {
        const before = i === 0 ? 150 : caps[i - 1]!;
        expect(cap).toBeLessThanOrEqual(Math.max(300, RAMP_PRESETS[preset] * before + 2));
        // A mature line fills its cap further than a ramping one: the cap may fall then, what it carries may not.
        expect(uses[i]).toBeGreaterThanOrEqual(i === 0 ? 0 : uses[i - 1]!);
      }
    }
  });

  it('reach 3,000 within twenty days whatever their people say, as long as they answer', () => {
    // Up to all that a new line may carry on its first day.
    const anyUser = fc.record({
      mean: fc.integer({ min: 12, max: 150 }),
      spread: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(anyUser, ({ mean, spread }) => {
        const user = {
          meanMilli: 1_000 * mean,
          varianceMilli: 1_000 * mean + 100 * spread * mean ** 2,
        };
        expect(rampCap(fill({}, policy, 20, user).line, policy)).toBe(3_000);
      }),
      RUNS,
    );
  });

  it('fill again when they are mature and empty, by the preset from the floor on', () => {
    const { caps, line } = fill({ goodDays: 20 }, policy, 20);
    expect(caps[0]).toBe(300);
    expectFull(line, policy);
  });

  it('are never closed all together because all are new', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.uuid(), (count, userId) => {
        const lines = Array.from({ length: count }, (_each, i) => {
          const line = aLine({ id: `line-${i}`, goodDays: 0 });
          return { ...line, todayCap: todayCap(line, 0, policy) };
        });
        const request = { userId, meanMilli: 20_000, varianceMilli: 820_000 };
        const snapshot = { now: NOW, lines, nextDayAt: NOW + DAY_MS };
        expect(place(request, snapshot, policy).kind).toBe('placed');
      }),
      RUNS,
    );
  });

  it('are bounded like other traffic by what the line really carried, if that was more', () => {
    const line = aLine({ meanMilli: 400_000, varianceMilli: 16_400_000 });
    expect(admissionCap(line, 2_000, policy)).toBe(2_500);
    expect(admissionCap(line, 0, policy)).toBeGreaterThan(todayCap(line, 0, policy));
    expect(admissionCap(line, 9_000, policy)).toBe(3_000);
  });
});
