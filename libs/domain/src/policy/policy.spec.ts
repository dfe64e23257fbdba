import fc from 'fast-check';
import { aLine } from '../../../../test/support/lines';
import { DEFAULT_FLEET_POLICY as policy, type FleetPolicy } from '../fleet-policy';
import { rampCap } from '../ramp/cap';
import { policyChanges } from './changes';
import { POLICY_PRESET_NAMES, POLICY_PRESETS } from './presets';
import { effectiveCaps, rampTable } from './preview';
import { crossedThresholds, POLICY_RELATIONS } from './relations';

/** The policy with another value at a path. */
function withValue(path: string, value: number): FleetPolicy {
  const copy = structuredClone(policy) as unknown as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let part = copy;
  for (const key of keys) part = part[key] as Record<string, unknown>;
  part[last] = value;
  return copy as unknown as FleetPolicy;
}
const valueAt = (path: string): number =>
  path.split('.').reduce<unknown>((part, key) => (part as never)[key], policy) as number;

describe('The relations of a policy', () => {
  it('hold in the defaults and in every preset', () => {
    expect(crossedThresholds(policy)).toEqual([]);
    for (const name of POLICY_PRESET_NAMES) {
      expect(crossedThresholds(POLICY_PRESETS[name].apply(policy))).toEqual([]);
    }
  });

  it.each(POLICY_RELATIONS.map(({ lower, upper }) => [lower, upper]))(
    'name %s and %s when they are crossed, from either side',
    (lower, upper) => {
      const relation = POLICY_RELATIONS.find(
        (each) => each.lower === lower && each.upper === upper,
      );
      const { lowerUnit = 1, upperUnit = 1, apart = 0 } = relation ?? {};
      const tooHigh = (valueAt(upper) * upperUnit - apart) / lowerUnit + 0.001;
      const tooLow = (valueAt(lower) * lowerUnit + apart) / upperUnit - 0.001;
      for (const crossed of [withValue(lower, tooHigh), withValue(upper, tooLow)]) {
        expect(crossedThresholds(crossed)).toContainEqual(
          expect.objectContaining({ lower, upper, rule: expect.stringContaining(lower) as string }),
        );
      }
    },
  );
});

describe('The changes between two policies', () => {
  it('are what has to be set in the one to get the other, and none between the same', () => {
    const paths = ['ramp.growth', 'budget.ceilings.proactive', 'health.detection.canaryMinutes'];
    fc.assert(
      fc.property(
        fc.subarray(paths),
        fc.double({ min: 2, max: 9, noNaN: true }),
        (which, value) => {
          let changed = policy;
          for (const path of which) {
            const copy = structuredClone(changed) as unknown as Record<string, unknown>;
            const keys = path.split('.');
            const last = keys.pop() ?? '';
            let part = copy;
            for (const key of keys) part = part[key] as Record<string, unknown>;
            part[last] = value;
            changed = copy as unknown as FleetPolicy;
          }
          const entries = policyChanges(policy, changed);
          expect(entries.map(({ path }) => path)).toEqual([...which].sort());
          for (const { path, from, to } of entries) {
            expect([from, to]).toEqual([valueAt(path), value]);
          }
        },
      ),
    );
    expect(policyChanges(policy, structuredClone(policy))).toEqual([]);
  });

  it('tell what is only in one of them, and a list as one value', () => {
    expect(policyChanges({ a: 1, b: { c: [1] } }, { b: { c: [1, 2] }, d: null })).toEqual([
      { path: 'a', from: 1, to: undefined },
      { path: 'b.c', from: [1], to: [1, 2] },
      { path: 'd', from: undefined, to: null },
    ]);
  });
});

describe('The preview of a policy', () => {
  it('shows the ramp from the first day to the budget', () => {
    const table = rampTable(policy);
    expect(table[0]).toEqual({ goodDays: 0, cap: 150 });
    expect(table.at(-1)).toEqual({ goodDays: 14, cap: 3_000 });
    expect(rampTable(POLICY_PRESETS['ramp-fast'].apply(policy)).at(-1)?.goodDays).toBe(9);
  });

  it('stops where nobody reads on', () => {
    const slow = { ...policy, ramp: { ...policy.ramp, growth: 1.001 } };
    expect(rampTable(slow)).toHaveLength(61);
  });

  it('raises no cap by another ramp alone, and shows the caps of now for the policy of now', () => {
    fc.assert(
      fc.property(
        fc.nat(20),
        fc.nat(3_000),
        fc.nat(400_000),
        fc.constantFrom(...POLICY_PRESET_NAMES),
        (goodDays, maxDailyUse7d, meanMilli, preset) => {
          const line = { ...aLine({ goodDays, meanMilli }), newUsersToday: 0, maxDailyUse7d };
          const now = effectiveCaps(line, policy, policy);
          expect(now.rampCap).toBe(rampCap(line, policy));
          const then = effectiveCaps(line, policy, POLICY_PRESETS[preset].apply(policy));
          expect(then.rampCap).toBeLessThanOrEqual(now.rampCap);
          expect(then.classes.proactive).toBeLessThanOrEqual(then.todayCap);
        },
      ),
    );
  });
});
