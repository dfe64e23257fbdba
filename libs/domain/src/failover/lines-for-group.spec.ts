import { aLine, NOW } from '../../../../test/support/lines';
import fc from 'fast-check';
import { DEFAULT_FLEET_POLICY as policy } from '../fleet-policy';
import { assumedOutlook } from '../forecast/fleet-day';
import { HEALTHS } from '../line/line';
import { whyNotUsableAsFallback } from '../line/availability';
import { linesForGroup } from './lines-for-group';

const anyFleet = fc
  .array(
    fc.record({
      health: fc.constantFrom('healthy', 'healthy', ...HEALTHS),
      meanMilli: fc.integer({ min: 0, max: 3_500_000 }),
      known: fc.nat(4),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((all) => ({
    lines: all.map(({ health, meanMilli }, i) => aLine({ id: `line-${i}`, health, meanMilli })),
    knownBy: new Map(all.map(({ known }, i) => [`line-${i}`, known])),
  }));
const outlook = assumedOutlook(policy);

describe('The lines for a group that is made anew', () => {
  it('are usable, never the lost one, each once, and those that more members know before the others', () => {
    fc.assert(
      fc.property(anyFleet, ({ lines, knownBy }) => {
        const group = { now: NOW, lostLineId: 'line-0', key: 'group', lines, knownBy, outlook };
        const chosen = linesForGroup(group, policy);
        const ids = chosen.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids).not.toContain('line-0');
        for (const line of chosen) expect(whyNotUsableAsFallback(line, NOW)).toBeNull();
        const counts = ids.map((id) => knownBy.get(id) ?? 0);
        expect(counts).toEqual([...counts].sort((a, b) => b - a));
        // Nothing that could serve is left out: it is unusable, or full by its mean.
        for (const line of lines.filter(({ id }) => id !== 'line-0' && !ids.includes(id))) {
          const isFull =
            line.meanMilli + 1_000 * policy.forecast.priorMeanPerDay > 1_000 * line.todayCap;
          expect(isFull || whyNotUsableAsFallback(line, NOW) !== null).toBe(true);
        }
      }),
    );
  });

  it('are in an order of each group’s own where nothing else tells them apart, however they are listed', () => {
    const lines = ['a', 'b', 'c', 'd'].map((id) => aLine({ id }));
    const order = (key: string, listed = lines): string =>
      linesForGroup(
        { ...{ now: NOW, lostLineId: 'lost', key, lines: listed, outlook }, knownBy: new Map() },
        policy,
      )
        .map(({ id }) => id)
        .join('');
    const keys = Array.from({ length: 20 }, (_each, i) => `group-${i}`);
    for (const key of keys) expect(order(key, [...lines].reverse())).toBe(order(key));
    expect(new Set(keys.map((key) => order(key).slice(0, 1))).size).toBe(4);
  });

  it('are the emptier first where members know none', () => {
    const lines = [aLine({ id: 'full', meanMilli: 900_000 }), aLine({ id: 'free', meanMilli: 0 })];
    const group = {
      ...{ now: NOW, lostLineId: 'lost', key: 'group', lines, outlook },
      knownBy: new Map<string, number>(),
    };
    expect(linesForGroup(group, policy).map(({ id }) => id)).toEqual(['free', 'full']);
  });
});
