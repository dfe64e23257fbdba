import { DEFAULT_FLEET_POLICY as policy } from '@linekeeper/domain';
import { linekeeper, makePopulation, playScenario, setupOf } from '@linekeeper/simulation';
import { type Measured, msOf } from './measure';

/** A year of a hundred lines and twenty thousand users, made up and then played by Linekeeper. */
export function arenaYears(): Measured[] {
  const traffic = makePopulation({ users: 20_000, days: 365 }, 1);
  const budget = policy.budget.messagesPerLinePerDay;
  const setup = setupOf('S1', { traffic, lines: 100, budget, policy, seed: 1, savedShare: 0.5 });
  const perUserDay = new Uint32Array(traffic.users * (traffic.days + 1));
  return [
    {
      name: `arena, a year of 100 lines and 20,000 users (${traffic.user.length.toLocaleString('en')} messages)`,
      unit: 's',
      target: 60,
      ours: () => msOf(() => playScenario('S1', setup, linekeeper)) / 1_000,
      bare: () =>
        msOf(() => {
          for (let i = 0; i < traffic.user.length; i += 1) {
            const day = Math.floor((traffic.seconds[i] ?? 0) / 86_400);
            const cell = day * traffic.users + (traffic.user[i] ?? 0);
            perUserDay[cell] = (perUserDay[cell] ?? 0) + 1;
          }
        }) / 1_000,
    },
  ];
}
