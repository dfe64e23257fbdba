import { dayIndex } from '../kernel/calendar';
import type { Contender, MakeContender } from './contender';

/** Who goes where and from which day on, decided beforehand by somebody who knows what comes. */
export interface Plan {
  /** Line of each user, or -1. */
  readonly line: Int16Array;
  /** Budget day (index) from which the user is taken; 0 for at once. */
  readonly fromDay: Uint16Array;
}

/** Carries out a plan. */
export function planned(name: string, plan: Plan): MakeContender {
  return ({ fleet }): Contender => ({
    name,
    place: (user, seconds) => {
      const line = plan.line[user] ?? -1;
      const day = dayIndex(seconds, fleet.policy.budget.dayStartHour);
      if (line < 0 || day < (plan.fromDay[user] ?? 0)) {
        return { kind: 'refused', reason: 'not in the plan' };
      }
      return { kind: 'placed', line, fallbacks: [], reason: name };
    },
  });
}
