import { DEFAULT_FLEET_POLICY as policy } from '@linekeeper/domain';
import type { Stores } from '../../ports';
import { dayEvidence } from './day-evidence';

const DAY = { from: 0, to: 86_400_000 };
const nothing = { in: 0, out: 0, recipients: 0, replied: 0, failures: 0, optOuts: 0 };

const suspicion = { evidence: 0, silence: 0, suspectSince: null, goodSince: 0 };

/** A line that carried so many messages on its closed days, newest first, and `today` on the one that is over. */
function carried(today: number, closed: readonly number[], held: object | null = null): Stores {
  const usage = {
    lineEvidence: () => Promise.resolve({ ...nothing, in: today }),
    lineDays: (_id: string, limit: number) =>
      Promise.resolve(
        closed.slice(0, limit).map((messages) => ({ in: 0, out: messages, recipients: messages })),
      ),
  };
  const evidence = { of: () => Promise.resolve(held) };
  return { usage, evidence } as unknown as Stores;
}

const idleDays = async (today: number, closed: readonly number[]) =>
  (await dayEvidence(carried(today, closed), { id: 'line-1', health: 'healthy' }, DAY, policy))
    .idleDays;

describe('What a day showed of a line', () => {
  it('counts the idle days in a row, this one last', async () => {
    expect(await idleDays(0, [])).toBe(1);
    expect(await idleDays(0, [0, 0, 4, 0])).toBe(3);
    expect(await idleDays(0, [4, 0, 0])).toBe(1);
    expect(
      await idleDays(
        0,
        Array.from({ length: 13 }, () => 0),
      ),
    ).toBe(14);
  });

  it('is no idle day when anything came or went', async () => {
    expect(await idleDays(1, [0, 0])).toBeUndefined();
  });

  it('tells of a suspicion', async () => {
    const suspect = { id: 'line-1', health: 'suspect' } as const;
    const day = { ...nothing, in: 2, suspect: true };
    expect(await dayEvidence(carried(2, []), suspect, DAY, policy)).toEqual({
      ...day,
      evidenceShare: 0,
    });
    // A line of a few people is suspected at 3.
    const stores = carried(2, [], { ...suspicion, evidence: 1.5 });
    expect(await dayEvidence(stores, suspect, DAY, policy)).toEqual({ ...day, evidenceShare: 0.5 });
    // One that wrote to 110 people a day last week at ln(2 * 400 * 110 / 11).
    const busy = carried(
      2,
      Array.from({ length: 9 }, () => 110),
      { ...suspicion, evidence: 4 },
    );
    const { evidenceShare } = await dayEvidence(busy, suspect, DAY, policy);
    expect(evidenceShare).toBeCloseTo(4 / Math.log(8_000), 9);
  });
});
