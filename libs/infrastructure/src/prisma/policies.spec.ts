import type { UnitOfWork } from '@linekeeper/application';
import { DEFAULT_FLEET_POLICY, type FleetPolicy } from '@linekeeper/domain';
import { StoredPolicies } from './policies';

interface Asked {
  answer(version: number): void;
  fail(): void;
}

/** A store whose answers come when they are told to. */
function stage(): { policies: StoredPolicies; asked: Asked[]; pass(ms: number): void } {
  const asked: Asked[] = [];
  let now = 0;
  const newest = (): Promise<{ version: number; document: FleetPolicy }> =>
    new Promise((done, broken) =>
      asked.push({
        answer: (version) => done({ version, document: DEFAULT_FLEET_POLICY }),
        fail: () => broken(new Error('away')),
      }),
    );
  const unitOfWork = { read: { policies: { newest } } } as unknown as UnitOfWork;
  return {
    policies: new StoredPolicies(unitOfWork, () => now),
    asked,
    pass: (ms) => (now += ms),
  };
}

describe('The policy in force', () => {
  it('is read once for all who ask at the same time, and again after a second', async () => {
    const { policies, asked, pass } = stage();
    const all = [policies.active(), policies.active(), policies.active()];
    asked[0]?.answer(3);
    expect((await Promise.all(all)).map(({ version }) => version)).toEqual([3, 3, 3]);
    await policies.active();
    expect(asked).toHaveLength(1);
    pass(1_000);
    const later = policies.active();
    asked[1]?.answer(4);
    expect((await later).version).toBe(4);
  });

  it('is never the one that was being read when it changed', async () => {
    const { policies, asked } = stage();
    const before = policies.active();
    policies.refresh();
    const after = policies.active();
    asked[1]?.answer(4);
    asked[0]?.answer(3);
    expect([(await before).version, (await after).version]).toEqual([3, 4]);
    expect((await policies.active()).version).toBe(4);
  });

  it('is asked for again after a failure', async () => {
    const { policies, asked } = stage();
    const failed = policies.active();
    asked[0]?.fail();
    await expect(failed).rejects.toThrow('away');
    const again = policies.active();
    asked[1]?.answer(5);
    expect((await again).version).toBe(5);
  });
});
