import { DAY_MS, DEFAULT_FLEET_POLICY } from '@linekeeper/domain';
import type { JobRunRecord, RetentionStore, UnitOfWork } from '../../ports';
import type { Decisions } from '../shared';
import { ForgetOld, type ForgottenReport } from './forget-old';

const NOW = 100 * DAY_MS;

/** Events of one a minute until seven days ago, of which some have lost their bodies. */
class Bodies {
  readonly asked: number[] = [];

  constructor(private left: number) {}

  emptyBodies(since: number, _before: number, limit: number): Promise<number> {
    this.asked.push(since);
    const emptied = Math.min(limit, this.left);
    this.left -= emptied;
    return Promise.resolve(emptied);
  }
}

describe('Forgetting', () => {
  const run = (bodies: Bodies, last: Partial<ForgottenReport> | null): Promise<ForgottenReport> => {
    const none = (): Promise<number> => Promise.resolve(0);
    const retention: Partial<RetentionStore> = {
      emptyBodies: (since, before, limit) => bodies.emptyBodies(since, before, limit),
      ...{
        forgetEvents: none,
        forgetSends: none,
        forgetAnnounced: none,
        forgetAnswers: none,
        forgetChecks: none,
        forgetSignIns: none,
      },
    };
    const runs: JobRunRecord[] = last
      ? [{ name: 'forget-old', lastRunAt: NOW - DAY_MS, lastResult: last, lastError: null }]
      : [];
    const unitOfWork = {
      read: { retention, jobs: { runs: () => Promise.resolve(runs) } },
    } as unknown as UnitOfWork;
    const decisions = {
      begin: () => Promise.resolve({ now: NOW, policy: DEFAULT_FLEET_POLICY }),
    } as unknown as Decisions;
    return new ForgetOld(unitOfWork, decisions).execute();
  };

  it('begins with the first event, and goes on from where all were emptied', async () => {
    const bodies = new Bodies(5_000);
    const first = await run(bodies, null);
    expect(first).toMatchObject({ bodies: 5_000, bodiesUntil: NOW - 7 * DAY_MS });
    expect(new Set(bodies.asked)).toEqual(new Set([0]));
    const next = new Bodies(0);
    await run(next, first);
    expect(next.asked).toEqual([NOW - 7 * DAY_MS]);
  });

  it('does so much in a run, and does not take for done what is left', async () => {
    const many = new Bodies(250_000);
    const first = await run(many, { bodiesUntil: 5 });
    expect(first).toMatchObject({ bodies: 200_000, bodiesUntil: 5 });
    expect(await run(many, first)).toMatchObject({ bodies: 50_000, bodiesUntil: NOW - 7 * DAY_MS });
  });
});
