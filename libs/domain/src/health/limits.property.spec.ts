import fc from 'fast-check';
import { NOW } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { MINUTE_MS } from '../kernel/time';
import { SEND_CLASSES } from '../line/availability';
import { servedClasses } from './brown-out';
import { mayEjectByInference } from './ejection-limit';
import { type Alarm, panicSince } from './panic';

const RUNS = { numRuns: 1_000 };

describe('ejections by inference', () => {
  it('never take more than a fifth of a pool, but always one', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(80), (lines, wanted) => {
        let ejectedByInference = 0;
        for (let i = 0; i < wanted; i += 1) {
          if (mayEjectByInference({ ejectedByInference, lines }, policy)) ejectedByInference += 1;
        }
        const most = Math.max(1, Math.floor(lines / 5));
        expect(ejectedByInference).toBe(Math.min(wanted, most));
      }),
      RUNS,
    );
  });
});

describe('panic', () => {
  const alarm = (minute: number, failureDomain: string): Alarm => ({
    lineId: `line-${minute}-${failureDomain}`,
    failureDomain,
    at: NOW + minute * MINUTE_MS,
  });
  const after = (minute: number, alarms: readonly Alarm[]): number | null => {
    const since = panicSince(alarms, NOW + minute * MINUTE_MS, policy);
    return since === null ? null : (since - NOW) / MINUTE_MS;
  };
  const lists = fc
    .array(fc.record({ minute: fc.nat(90), domain: fc.constantFrom('a', 'b', 'c', 'd') }), {
      maxLength: 14,
    })
    .map((list) =>
      list.map(({ minute, domain }) => alarm(minute, domain)).sort((a, b) => a.at - b.at),
    );

  it('is on from three failure domains within ten minutes until fifteen clean ones', () => {
    const three = [alarm(0, 'a'), alarm(4, 'b'), alarm(10, 'c')];
    expect(after(9, three)).toBeNull();
    expect(after(10, three)).toBe(10);
    expect(after(24, three)).toBe(10);
    expect(after(25, three)).toBeNull();
    expect(after(26, [...three, alarm(20, 'a')])).toBe(10);
    expect(after(12, [alarm(0, 'a'), alarm(4, 'b'), alarm(11, 'c')])).toBeNull();
    expect(after(9, [alarm(0, 'a'), alarm(4, 'b'), alarm(5, 'a'), alarm(6, 'b')])).toBeNull();
  });

  it('is on exactly when the rule says so, minute by minute', () => {
    fc.assert(
      fc.property(lists, fc.nat(120), (alarms, minute) => {
        // Said again in plain words, by looking back from each minute.
        let on = false;
        for (let at = 0; at <= minute; at += 1) {
          const within = (minutes: number): Alarm[] =>
            alarms.filter((each) => {
              const ago = (NOW - each.at) / MINUTE_MS + at;
              return ago >= 0 && ago <= minutes;
            });
          const fresh = within(0).length > 0;
          if (within(14).length === within(0).length) on = false;
          if (fresh && new Set(within(10).map(({ failureDomain }) => failureDomain)).size >= 3) {
            on = true;
          }
        }
        expect(after(minute, alarms) !== null).toBe(on);
      }),
      RUNS,
    );
  });
});

describe('what is served while little can be', () => {
  const amount = fc.nat(1_000);
  const demands = fc.record({
    reply: amount,
    transactional: amount,
    introduction: amount,
    proactive: amount,
  });

  it('sheds from the least to the most needed, replies never while a line lives', () => {
    fc.assert(
      fc.property(demands, fc.nat(4_000), (demand, capacity) => {
        const served = servedClasses(capacity, demand, policy);
        expect(SEND_CLASSES.slice(0, served.length)).toEqual(served);
        expect(served.includes('reply')).toBe(capacity > 0);
        const total = Object.values(demand).reduce((sum, each) => sum + each, 0);
        const brown = capacity < 0.5 * total;
        if (capacity > 0 && !brown) expect(served).toEqual(SEND_CLASSES);
        if (brown && served.length > 1) {
          const carried = served.reduce((sum, each) => sum + demand[each], 0);
          expect(carried).toBeLessThanOrEqual(capacity);
        }
        if (brown) expect(served.length).toBeLessThan(SEND_CLASSES.length);
        const less = servedClasses(Math.max(0, capacity - 100), demand, policy);
        expect(less.length).toBeLessThanOrEqual(served.length);
      }),
      RUNS,
    );
  });
});
