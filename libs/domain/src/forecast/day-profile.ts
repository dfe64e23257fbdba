import { invariant } from '../kernel/invariant';

/** Share of a budget day's messages in each of its hours, the hour of the day's start first; 24 numbers, sum 1. */
export type DayProfile = readonly number[];

const HOURS = 24;

/** Messages by which an even day stands beside what was seen: ten an hour. */
const PRIOR_MESSAGES = 240;

export const EVEN_DAY: DayProfile = Array.from({ length: HOURS }, () => 1 / HOURS);

/** Learns the profile from the messages of each hour of the budget day, summed over days. Takes 24 numbers. */
export function learnDayProfile(messagesByHour: readonly number[]): DayProfile {
  invariant(messagesByHour.length === HOURS, 'a profile has 24 hours');
  const all = PRIOR_MESSAGES + messagesByHour.reduce((sum, messages) => sum + messages, 0);
  return messagesByHour.map((messages) => (PRIOR_MESSAGES / HOURS + messages) / all);
}

/** Share of a day's messages that come within its first `hours` hours; within an hour evenly. */
export function shareWithin(profile: DayProfile, hours: number): number {
  return profile.reduce(
    (sum, share, hour) => sum + share * Math.min(1, Math.max(0, hours - hour)),
    0,
  );
}
