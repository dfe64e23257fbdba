import type { FleetPolicy } from '../fleet-policy';
import type { SendClass } from '../line/availability';

/** Up to how many messages in 24 hours a class is admitted, or null when budget never refuses it. */
export function ceilingFor(
  sendClass: SendClass,
  todayCap: number,
  policy: FleetPolicy,
): number | null {
  if (sendClass === 'reply') return policy.budget.replies === 'overrun' ? null : todayCap;
  return Math.floor(todayCap * policy.budget.ceilings[sendClass]);
}

/** Non-replies stay within this in a clock hour: a burst reads as automation. */
export function hourCapFor(
  sendClass: SendClass,
  todayCap: number,
  policy: FleetPolicy,
): number | null {
  if (sendClass === 'reply') return null;
  return Math.max(policy.budget.hourFloor, Math.floor(policy.budget.hourShare * todayCap));
}
