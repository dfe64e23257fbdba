import fc from 'fast-check';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { seededRandom } from '../kernel/random';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../kernel/time';
import { NOW } from '../../../../test/support/lines';
import { canaryVerdict, isRoundDue, type Probe } from './canary';
import { addEvidence, badRatesOf, type BadRates, evidenceFor, silenceRatesOf } from './cusum';
import { DistinctRecipients, outcomeOf } from './outcome';
import {
  afterVerdict,
  evidenceShareOf,
  judgeLine,
  NO_SUSPICION,
  type Suspicion,
  outcomesPerDay,
  suspicionThreshold,
  takeOutcome,
  takeReplies,
  takeReply,
} from './suspicion';

const RUNS = { numRuns: 1_000 };
const rates: BadRates = { healthy: 0.02, sick: 0.3 };
const outcomes = fc.array(fc.constantFrom('good', 'good', 'good', 'bad'), { maxLength: 200 });
type Outcome = 'good' | 'bad';

const after = (list: readonly Outcome[], from = NO_SUSPICION): Suspicion =>
  list.reduce(
    (held, outcome, i) => takeOutcome(held, { outcome, at: NOW + i }, rates, 100, policy),
    from,
  );
const times = (count: number, outcome: Outcome): Outcome[] => Array<Outcome>(count).fill(outcome);

describe('the evidence against a line', () => {
  it('is never negative, and all good outcomes never alarm', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(outcomes, share, (list, fleetShare) => {
        const learned = badRatesOf(fleetShare, policy);
        let evidence = 0;
        let least = 0;
        for (const outcome of list) {
          evidence = addEvidence(evidence, outcome, learned);
          least = Math.min(least, evidence);
        }
        expect(least).toBe(0);
        const good = list.map((): Outcome => 'good');
        expect(after(good)).toEqual(NO_SUSPICION);
      }),
      RUNS,
    );
  });

  it('reaches a threshold by bad outcomes alone exactly when there are enough of them', () => {
    const levels = fc.double({ min: 3, max: 25, noNaN: true });
    fc.assert(
      fc.property(levels, fc.integer({ min: 1, max: 12 }), (threshold, count) => {
        const up = Math.log(0.3 / 0.02);
        let evidence = 0;
        for (let i = 0; i < count; i += 1) evidence = addEvidence(evidence, 'bad', rates);
        fc.pre(Math.abs(count * up - threshold) > 1e-9);
        expect(evidence >= threshold).toBe(count >= Math.ceil(threshold / up));
      }),
      RUNS,
    );
    // Seven in a row eject.
    expect(after(times(6, 'bad')).evidence).toBeLessThan(18);
    expect(after(times(7, 'bad')).evidence).toBeGreaterThan(18);
  });

  it('counts against what is usual in the fleet, within bounds', () => {
    expect(badRatesOf(0.001, policy)).toEqual({ healthy: 0.01, sick: 0.3 });
    expect(badRatesOf(0.03, policy)).toEqual({ healthy: 0.03, sick: 0.3 });
    expect(badRatesOf(0.2, policy)).toEqual({ healthy: 0.05, sick: 0.3 });
    expect(silenceRatesOf(0.4)).toEqual({ healthy: 0.6, sick: 0.8 });
  });

  it('is judged by one false suspicion in a line-year, or as many as asked for', () => {
    expect(evidenceFor(365, 100)).toBeCloseTo(8.1, 1);
    expect(evidenceFor(365, 1_500)).toBeCloseTo(10.8, 1);
    // One false ejection in a thousand years of a line with 1,500 a day.
    expect(evidenceFor(1_000 * 365, 1_500)).toBeLessThan(policy.health.detection.ejectEvidence);
    expect(evidenceFor(365, 0)).toBe(3);
  });
});

/** Outcomes from no evidence to a threshold, with a share of bad ones; the mean and the 95th percentile of many runs. */
function delay(threshold: number, bad: number, runs: number): { mean: number; p95: number } {
  const random = seededRandom(1_000 * bad + threshold);
  const lengths = Array.from({ length: runs }, () => {
    let evidence = 0;
    let length = 0;
    while (evidence < threshold) {
      evidence = addEvidence(evidence, random() < bad ? 'bad' : 'good', rates);
      length += 1;
    }
    return length;
  }).sort((a, b) => a - b);
  const mean = lengths.reduce((sum, length) => sum + length, 0) / runs;
  return { mean, p95: lengths[Math.floor(0.95 * runs)]! };
}

/**
 * Outcomes between false alarms, by cycles from no evidence to none: their mean length on a healthy line over the
 * chance that one ends in an alarm. That chance is too small to be seen, so it is drawn as on a sick line
 * and weighed by the likelihood ratio, which is e^-evidence.
 */
function outcomesPerFalseAlarm(threshold: number, cycles: number): number {
  const random = seededRandom(threshold);
  const [up, down] = [Math.log(0.3 / 0.02), Math.log(0.7 / 0.98)];
  let steps = 0;
  let alarms = 0;
  for (let i = 0; i < cycles; i += 1) {
    let healthy = 0;
    do {
      healthy += random() < 0.02 ? up : down;
      steps += 1;
    } while (healthy > 0 && healthy < threshold);
    let sick = 0;
    do sick += random() < 0.3 ? up : down;
    while (sick > 0 && sick < threshold);
    if (sick >= threshold) alarms += Math.exp(-sick);
  }
  return steps / alarms;
}

describe('false alarms and delays, simulated', () => {
  it.each([
    [7, 1.0e4],
    [11, 6.7e5],
    [18, 8.1e8],
    [20, 5e9],
  ])('at evidence %d a healthy line alarms once in %d outcomes', (threshold, documented) => {
    const found = outcomesPerFalseAlarm(threshold, 100_000);
    expect(Math.abs(found / documented - 1)).toBeLessThan(0.25);
    expect(Math.abs(found / (11 * Math.exp(threshold)) - 1)).toBeLessThan(0.25);
  });

  it('at evidence 7 the same is seen by waiting for it', () => {
    expect(Math.abs(delay(7, 0.02, 150).mean / 1.0e4 - 1)).toBeLessThan(0.25);
  });

  it.each([
    [7, 0.3, 12, 27],
    [7, 0.6, 5, null],
    [7, 0.95, 3, null],
    [11, 0.3, 20, 39],
    [11, 0.6, 8, null],
    [11, 0.95, 5, null],
    [18, 0.3, 32, 56],
    [18, 0.6, 13, null],
    [18, 0.95, 7, null],
    [20, 0.3, 35, 60],
    [20, 0.6, 14, null],
    [20, 0.95, 8, null],
  ])(
    'evidence %d is there on a line with %d bad ones after %d outcomes',
    (threshold, bad, mean, p95) => {
      const found = delay(threshold, bad, 4_000);
      expect(Math.abs(found.mean / mean - 1)).toBeLessThan(0.25);
      if (p95 !== null) expect(Math.abs(found.p95 / p95 - 1)).toBeLessThan(0.25);
    },
  );
});

describe('distinct recipients', () => {
  it('count once in 24 hours, whatever is told twice', () => {
    const events = fc.array(
      fc.record({ recipient: fc.nat(5), hours: fc.integer({ min: 0, max: 100 }) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(events, fc.boolean(), (list, inOrder) => {
        const sorted = inOrder ? [...list].sort((a, b) => a.hours - b.hours) : list;
        const once = new DistinctRecipients(policy);
        const twice = new DistinctRecipients(policy);
        const counted = new Map<number, number[]>();
        let repeated = 0;
        let newest = -Infinity;
        for (const { recipient, hours } of sorted) {
          const at = NOW + hours * HOUR_MS;
          const before = counted.get(recipient) ?? [];
          // Said again in plain words, with everything that was ever counted.
          const due = before.every((each) => hours - each >= 24) && newest - hours <= 24;
          const counts = once.counts(`r${recipient}`, at);
          if (counts !== due) expect({ counts, hours, before }).toEqual('what is due');
          if (twice.counts(`r${recipient}`, at) !== counts) repeated += 1;
          if (twice.counts(`r${recipient}`, at)) repeated += 1;
          if (!counts) continue;
          counted.set(recipient, [...before, hours]);
          newest = Math.max(newest, hours);
        }
        expect(repeated).toBe(0);
      }),
      RUNS,
    );
  });

  it('tell by failures, and by SMS to who was lately on iMessage, and by nothing else', () => {
    const end = { kind: 'delivered', service: 'sms', at: NOW, seenOnIMessageAt: null } as const;
    expect(outcomeOf({ ...end, kind: 'failed' }, policy)).toBe('bad');
    expect(outcomeOf({ ...end, service: 'imessage' }, policy)).toBe('good');
    expect(outcomeOf(end, policy)).toBeNull();
    expect(outcomeOf({ ...end, seenOnIMessageAt: NOW - 7 * DAY_MS }, policy)).toBe('bad');
    expect(outcomeOf({ ...end, seenOnIMessageAt: NOW - 7 * DAY_MS - 1 }, policy)).toBeNull();
    expect(outcomeOf({ ...end, service: 'rcs', seenOnIMessageAt: NOW }, policy)).toBe('bad');
  });
});

describe('the verdict on a line', () => {
  const canaries = fc.constantFrom('works', 'fails', 'unknown', 'none');

  it('is to eject whatever else is known, once the provider flagged it', () => {
    fc.assert(
      fc.property(outcomes, canaries, (list, canary) => {
        const signs = { flagged: true, canary, suspicion: after(list) } as const;
        expect(judgeLine(signs, NOW, policy).verdict).toBe('eject');
      }),
      RUNS,
    );
  });

  it('leads out of a suspicion only over a canary, no evidence, fifty good outcomes and six hours', () => {
    const hours = fc.integer({ min: 0, max: 12 });
    fc.assert(
      fc.property(outcomes, fc.nat(120), canaries, hours, (list, good, canary, waited) => {
        const held = after([...times(4, 'bad'), ...list, ...times(good, 'good')]);
        const now = NOW + 3 + waited * HOUR_MS;
        const { verdict } = judgeLine({ flagged: false, canary, suspicion: held }, now, policy);
        const sure = canary === 'fails' || held.evidence >= 18;
        const goodOnes = list.filter((each) => each === 'good').length + good;
        const spoken = canary === 'works' || canary === 'none';
        const clear = spoken && held.evidence === 0 && goodOnes >= 50 && waited >= 6;
        expect(verdict).toBe(sure ? 'eject' : clear ? 'healthy' : 'suspect');
      }),
      RUNS,
    );
  });

  it('begins at the threshold of the line, and a cleared line begins anew', () => {
    const four = after(times(4, 'bad'));
    expect(four.suspectSince).toBe(NOW + 3);
    expect(after(times(3, 'bad')).suspectSince).toBeNull();
    const signs = { flagged: false, canary: 'unknown', suspicion: after(['bad']) } as const;
    expect(judgeLine(signs, NOW, policy).verdict).toBe('healthy');
    expect(afterVerdict(after(['bad']), { verdict: 'healthy', reason: '' })).toEqual(
      after(['bad']),
    );
    expect(afterVerdict(four, { verdict: 'suspect', reason: '' })).toBe(four);
    expect(afterVerdict(four, { verdict: 'healthy', reason: '' })).toEqual(NO_SUSPICION);
    // One that came before the suspicion is none of its good ones.
    expect(after(['good', ...times(4, 'bad'), 'good']).goodSince).toBe(1);
  });

  it('is not raised by a day becoming quiet upon what busy days left', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 500 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 0, max: 20 }),
        (busy, share, quiet) => {
          const left = share * suspicionThreshold(busy, policy);
          const perDay = outcomesPerDay(quiet, 7 * busy);
          expect(perDay).toBeGreaterThanOrEqual(busy);
          const good = { outcome: 'good', at: NOW } as const;
          const held = { ...NO_SUSPICION, evidence: left };
          expect(takeOutcome(held, good, rates, perDay, policy).suspectSince).toBeNull();
          // What there was in the last 24 hours counts where that is more.
          expect(outcomesPerDay(busy, quiet)).toBe(busy);
        },
      ),
      RUNS,
    );
  });

  it('takes a day of replies in as if each person were asked in turn', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(60), (recipients, answered) => {
        const replied = Math.min(recipients, answered);
        const day = { recipients, replied, at: NOW, perDay: recipients };
        const taken = takeReplies(NO_SUSPICION, day, silenceRatesOf(0.5), policy);
        const share = evidenceShareOf(taken, recipients, policy);
        expect(taken.evidence).toBe(0);
        expect(share).toBeGreaterThanOrEqual(0);
        if (share >= 1) expect(taken.suspectSince).toBe(NOW);
        // Everybody replied, or as many as usual: nothing is held against it.
        if (day.replied === recipients) expect(taken).toEqual(NO_SUSPICION);
        // They stay silent together, so that a crowd tells no more than ten people would.
        const independent = recipients / (1 + 0.1 * (recipients - 1));
        expect(independent).toBeLessThan(10);
        if (day.replied === 0) expect(taken.silence).toBeCloseTo(independent * Math.log(1.5), 6);
      }),
      RUNS,
    );
    const more = { recipients: 1, replied: 2, at: NOW, perDay: 1 };
    expect(takeReplies(NO_SUSPICION, more, silenceRatesOf(0.5), policy)).toEqual(NO_SUSPICION);
  });

  it('is a suspicion, and no more, when replies stay away', () => {
    const silent = Array.from({ length: 1_000 }, () => 'bad' as const).reduce(
      (held, outcome) => takeReply(held, { outcome, at: NOW }, silenceRatesOf(0.4), 100, policy),
      NO_SUSPICION,
    );
    expect(silent.silence).toBeGreaterThan(18);
    const signs = { flagged: false, canary: 'works', suspicion: silent } as const;
    expect(judgeLine(signs, NOW + DAY_MS, policy).verdict).toBe('suspect');
    const answered = takeReply(
      NO_SUSPICION,
      { outcome: 'good', at: NOW },
      silenceRatesOf(0.4),
      100,
      policy,
    );
    expect(answered).toEqual(NO_SUSPICION);
  });
});

describe('the canary', () => {
  const probe = (handle: string, from: Probe['from'], ok: boolean, ago = 1): Probe => ({
    handle,
    from,
    ok,
    at: NOW - ago * MINUTE_MS,
  });
  /** A round to one handle: `words` of the line's probes, and one of the control line. */
  const round = (handle: string, words: string, ago = 1): Probe[] => [
    probe(handle, 'control', true, ago),
    ...words.split('').map((word) => probe(handle, 'line', word === '+', ago)),
  ];
  const verdict = (...probes: Probe[]): string => canaryVerdict(probes, NOW, policy);

  it('needs two handles that agree, and a control line that reached them at about the same time', () => {
    expect(verdict(...round('a', '---'), ...round('b', '---'))).toBe('fails');
    expect(verdict(...round('a', '+++'), ...round('b', '+++'))).toBe('works');
    expect(verdict(...round('a', '+++'), ...round('b', '---'))).toBe('unknown');
    expect(verdict(...round('a', '---'))).toBe('unknown');
    expect(verdict(...round('a', '+++'))).toBe('unknown');
    const unreached = [probe('b', 'control', false), ...round('b', '---').slice(1)];
    expect(verdict(...round('a', '---'), ...unreached)).toBe('unknown');
    // Reached ten minutes ago, and not any more: it is off.
    expect(verdict(...round('a', '---'), ...unreached, probe('b', 'control', true, 11))).toBe(
      'unknown',
    );
    expect(verdict()).toBe('unknown');
  });

  it('lets no single loss decide, and adds up what rounds of half an hour lost', () => {
    expect(verdict(...round('a', '-++'), ...round('b', '+-+'))).toBe('unknown');
    expect(verdict(...round('a', '-+-'), ...round('b', '+--'))).toBe('fails');
    const first = [...round('a', '++-', 6), ...round('b', '++-', 6)];
    expect(verdict(...first, ...round('a', '+-+'), ...round('b', '-++'))).toBe('fails');
    const old = [...round('a', '---', 31), ...round('b', '---', 31)];
    expect(verdict(...old, ...round('a', '+++'), ...round('b', '+++'))).toBe('works');
    const stale = [...round('a', '---', 11), ...round('b', '---', 11)];
    expect(verdict(...stale)).toBe('unknown');
    expect(verdict(...stale, ...round('a', '+++'), ...round('b', '+++'))).toBe('unknown');
    expect(verdict(...stale, ...round('a', '++-'), ...round('b', '-++'))).toBe('fails');
  });

  it('works again once so many arrived that nothing is left against it', () => {
    const lost = [...round('a', '+-+', 12), ...round('b', '+++', 12)];
    expect(verdict(...lost, ...round('a', '+++'), ...round('b', '+++'))).toBe('unknown');
    const arrived = [2, 4, 6].flatMap((ago) => [
      ...round('a', '+++', ago),
      ...round('b', '+++', ago),
    ]);
    expect(verdict(...lost, ...arrived)).toBe('works');
  });

  it('hardly ever accuses a line that loses one message in fifty', () => {
    const random = seededRandom(7);
    let accused = 0;
    for (let i = 0; i < 20_000; i += 1) {
      const words = (): string => [1, 2, 3].map(() => (random() < 0.02 ? '-' : '+')).join('');
      if (verdict(...round('a', words()), ...round('b', words())) === 'fails') accused += 1;
    }
    expect(accused).toBeLessThanOrEqual(1);
  });

  it('is sent every ten minutes, and again as soon as the last round has ended while something was lost', () => {
    const due = (...earlier: [ago: number, ok: boolean | null][]): boolean =>
      isRoundDue(
        earlier.map(([ago, ok]) => ({ at: NOW - ago * MINUTE_MS, ok })),
        NOW,
        policy,
      );
    expect(due()).toBe(true);
    expect(due([5, true], [5, true])).toBe(false);
    expect(due([5, false], [5, null])).toBe(false);
    expect(due([5, false], [5, true])).toBe(true);
    expect(due([9, false], [4, true])).toBe(true);
    expect(due([11, false], [4, true])).toBe(false);
    expect(due([11, true])).toBe(true);
  });

  it('accuses no line while no control is reached, whatever else was probed', () => {
    const probes = fc.array(
      fc.record({
        handle: fc.constantFrom('a', 'b', 'c'),
        from: fc.constantFrom('line', 'control'),
        ok: fc.boolean(),
        at: fc.integer({ min: NOW - 20 * MINUTE_MS, max: NOW + MINUTE_MS }),
      } as const),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(probes, (list) => {
        const lost = list.map((each) => (each.from === 'control' ? { ...each, ok: false } : each));
        expect(canaryVerdict(lost, NOW, policy)).toBe('unknown');
        const alone = list.filter(({ handle }) => handle === 'a');
        expect(canaryVerdict(alone, NOW, policy)).toBe('unknown');
      }),
      RUNS,
    );
  });
});
