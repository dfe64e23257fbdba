import type { explainCapacity } from '@linekeeper/domain';
import { servingOf } from './capacity';
import { capOf, closedBecause, normal } from './numbers';

const WITHIN = 0.2;

/** How a pilot is to be run, and how far the estimate has come. */
export function pilotAgain({ inputs, policy }: ReturnType<typeof explainCapacity>) {
  const { now, prior, risk, lines } = inputs;
  const users = lines
    .filter((line) => line.managed && line.adminState !== 'retired')
    .reduce((sum, line) => sum + line.users, 0);
  const z = normal(0.025);
  const ownDay = prior.mean + prior.phi * (prior.spread + prior.mean * prior.mean);
  /** Half of the 95 % range over the mean, squared: what people differ by, what their days do, and the days that all share. */
  const squared = (people: number, days: number): number => {
    const ofPeople = prior.spread / people + ownDay / (people * days);
    return z * z * (ofPeople / prior.mean ** 2 + risk.sigma ** 2 / days);
  };
  const suffices = (people: number, days: number): boolean => squared(people, days) <= WITHIN ** 2;
  let daysForTodaysUsers: number | null = null;
  for (let days = 90; days >= 1 && users > 0 && suffices(users, days); days -= 1) {
    daysForTodaysUsers = days;
  }
  const days = Math.max(14, policy.learnFromDays);
  // By the formula, solved for the people; a rounding beside it is put right.
  const shared = WITHIN ** 2 / (z * z) - risk.sigma ** 2 / days;
  let people = Math.ceil((prior.spread + ownDay / days) / (prior.mean ** 2 * shared));
  if (shared > 0) {
    people = Math.max(1, people - 2);
    while (!suffices(people, days)) people += 1;
  }
  const [best] = servingOf(lines)
    .filter((line) => closedBecause(line, now) === null)
    .sort(
      (a, b) => capOf(b, policy) - capOf(a, policy) || a.users - b.users || (a.id < b.id ? -1 : 1),
    );
  const precision = users > 0 && inputs.days > 0 ? Math.sqrt(squared(users, inputs.days)) : null;
  return {
    assumed: prior.assumed,
    priorMeanPerDay: prior.mean,
    priorCv: Math.sqrt(prior.spread) / prior.mean,
    learnedFromUsers: policy.learnFromUsers,
    learnedFromDays: policy.learnFromDays,
    precision,
    goodPrecision: WITHIN,
    isGood: !prior.assumed && precision !== null && precision <= WITHIN,
    daysForTodaysUsers,
    days,
    usersForDays: shared > 0 && people <= 1_000_000 ? people : null,
    lineId: best?.id ?? null,
  };
}
