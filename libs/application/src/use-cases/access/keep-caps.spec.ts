import { DEFAULT_FLEET_POLICY as policy, rampCap, withRampPreset } from '@linekeeper/domain';
import type { LineChange, Stores } from '../../ports';
import { keepCaps } from './keep-caps';

interface Ramping {
  readonly id: string;
  readonly budgetPerDay: number;
  goodDays: number;
}

function fleet(lines: readonly Ramping[]): { stores: Stores; locked: string[] } {
  const locked: string[] = [];
  const stores = {
    pools: {
      list: () => Promise.resolve([{ id: 'pool-1' }]),
      lock: (id: string) => Promise.resolve(void locked.push(id)),
    },
    lines: {
      list: () => Promise.resolve(lines),
      change: (id: string, { goodDays }: LineChange) => {
        const line = lines.find((each) => each.id === id);
        if (line && goodDays !== undefined) line.goodDays = goodDays;
        return Promise.resolve();
      },
    },
  };
  return { stores: stores as unknown as Stores, locked };
}

describe('A change of the ramp', () => {
  it.each(['careful', 'fast'] as const)('to %s raises no cap and keeps a full one', async (to) => {
    const lines = [0, 5, 10, 20].map((goodDays) => ({
      id: `line-${goodDays}`,
      budgetPerDay: 3_000,
      goodDays,
    }));
    const caps = lines.map((line) => rampCap(line, policy));
    const after = withRampPreset(policy, to);
    const { stores, locked } = fleet(lines);
    expect(await keepCaps(stores, policy, after, 0)).toBeGreaterThan(0);
    expect(locked).toEqual(['pool-1']);
    for (const [i, line] of lines.entries()) {
      expect(rampCap(line, after)).toBeLessThanOrEqual(caps[i]!);
      expect(rampCap(line, after)).toBeGreaterThanOrEqual(caps[i]! / after.ramp.growth - 1);
    }
    expect(rampCap(lines[3]!, after)).toBe(3_000);
  });

  it('that changes nothing of it locks nobody', async () => {
    const { stores, locked } = fleet([]);
    const other = { ...policy, ramp: { ...policy.ramp, idleDays: 30 } };
    expect(await keepCaps(stores, policy, other, 0)).toBe(0);
    expect(locked).toEqual([]);
  });
});
