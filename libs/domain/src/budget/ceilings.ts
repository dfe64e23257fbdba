import type { FleetPolicy } from '../fleet-policy';
import type { SendClass } from '../line/availability';

/** Up to how many messages in 24 hours a class is admitted, or null when budget never refuses it. */
export function ceilingFor(
  sendClass: SendClass,
  todayCap: number,
  policy: FleetPolicy,
): number | null {
  if (sendClass === 'reply') return policy.budget.replies === 'overrun' ? null : todayCap;
  return nonReplyCeiling(sendClass, todayCap, policy);
}

/** The same of a class that always has one. */
export function nonReplyCeiling(
  sendClass: Exclude<SendClass, 'reply'>,
  todayCap: number,
  policy: FleetPolicy,
): number {
  return Math.floor(todayCap * policy.budget.ceilings[sendClass]);
}

/** Non-replies stay within this in a clock hour: a burst reads as automation. */
export function hourCapFor(
  sendClass: SendClass,
  todayCap: number,
  policy: FleetPolicy,
): number | null {
  if (sendClass === 'reply') return null;
  return nonReplyHourCap(todayCap, policy);
}

/** The same of any class that has one. */
export function nonReplyHourCap(todayCap: number, policy: FleetPolicy): number {
  return Math.max(policy.budget.hourFloor, Math.floor(policy.budget.hourShare * todayCap));
}
