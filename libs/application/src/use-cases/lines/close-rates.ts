import {
  budgetDay,
  closeHistoryDay,
  closeUserDay,
  DAY_MS,
  type EpochMs,
  type FleetDay,
  type FleetPolicy,
  loadMilliOf,
  mostOfDay,
  normalMessages,
  noveltyOf,
  passDays,
  startRate,
  weekdayFactor,
} from '@linekeeper/domain';
import type { ClosedRate, LoadDelta, PoolRecord, RateToClose } from '../../ports';
import { basisOf, type ForecastBasis } from '../shared';

/** A budget day of a pool that is over: YYYY-MM-DD, from its first instant to before its end. */
export interface DayOfPool {
  readonly pool: Pick<PoolRecord, 'timeZone' | 'learned'>;
  readonly day: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** What closing a day does to some users. */
interface ClosedRates {
  readonly rates: readonly ClosedRate[];
  /** What the new rates change in the sums of lines. */
  readonly deltas: readonly LoadDelta[];
  /** What these users brought that day, beside what was expected of them when it began. */
  readonly fleetDay: FleetDay;
}

/**
 * Takes a closed day into the rates of users, as what it would have been for a normal weekday and somebody who is new
 * no more. A user without a line that serves them was not heard, and their silence says nothing.
 */
export function closeRates(
  users: readonly RateToClose[],
  of: DayOfPool,
  policy: FleetPolicy,
): ClosedRates {
  const basis = basisOf(of.pool, policy);
  const rates = users.map((user) => closeRate(user, of, basis, policy));
  return {
    rates,
    deltas: users.flatMap((user, i) => delta(user, rates[i])),
    fleetDay: users
      .map((user) => partOfDay(user, of, basis, policy))
      .reduce(
        (sum, part) => ({
          day: of.day,
          messages: sum.messages + part.messages,
          mean: sum.mean + part.mean,
          variance: sum.variance + part.variance,
        }),
        { day: of.day, messages: 0, mean: 0, variance: 0 },
      ),
  };
}

function closeRate(
  user: RateToClose,
  of: DayOfPool,
  { outlook, prior }: ForecastBasis,
  policy: FleetPolicy,
): ClosedRate {
  const before = user.rate ?? startRate(policy, user.expectedPerDay, prior);
  const weekday = weekdayFactor(outlook.week, of.day);
  const messages = normalMessages(user.messages, weekday, noveltyFor(user, of, policy));
  const unheard = user.state === 'needs-introduction' && messages === 0;
  const met = user.state === 'confirmed' || user.state === 'overflow';
  const rate = unheard
    ? passDays(before, 1, 'unheard', policy)
    : closeUserDay(before, messages, policy, prior);
  return {
    userId: user.userId,
    assignmentId: user.assignmentId,
    rate,
    history: met ? closeHistoryDay(user.history, messages, policy, prior) : user.history,
    closedDay: of.day,
    ...loadMilliOf(rate, policy, prior),
  };
}

/** What the day was in normal days of this user, by how long ago they came. */
function noveltyFor({ placedAt }: RateToClose, of: DayOfPool, policy: FleetPolicy): number {
  const placedOn = budgetDay(placedAt, of.pool.timeZone, policy.budget.dayStartHour);
  return noveltyOf(Math.round((Date.parse(of.day) - Date.parse(placedOn)) / DAY_MS), policy);
}

/** A released user is in no sum. */
function delta(user: RateToClose, rate: ClosedRate | undefined): LoadDelta[] {
  if (!rate || user.state === 'released') return [];
  return [
    {
      lineId: user.lineId,
      users: 0,
      meanMilli: rate.meanMilli - user.meanMilli,
      varianceMilli: rate.varianceMilli - user.varianceMilli,
      fallbackUsers: 0,
      newUsers: 0,
    },
  ];
}

/**
 * Of those who stood on a line all day, beside the load that admission counted for them. One user counts as much as a
 * rate takes of a day, so that nobody is taken for a busy day of the whole fleet.
 */
function partOfDay(
  user: RateToClose,
  of: DayOfPool,
  { prior }: ForecastBasis,
  policy: FleetPolicy,
): Omit<FleetDay, 'day'> {
  const heard = user.state === 'confirmed' || user.state === 'overflow';
  if (!heard || user.placedAt >= of.from) return { messages: 0, mean: 0, variance: 0 };
  return {
    messages: Math.min(user.messages, mostOfDay(policy, prior)),
    mean: user.meanMilli / 1_000,
    variance: user.varianceMilli / 1_000,
  };
}
