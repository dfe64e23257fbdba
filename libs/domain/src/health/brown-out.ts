import type { FleetPolicy } from '../fleet-policy';
import { SEND_CLASSES, type SendClass } from '../line/availability';

/**
 * The classes that are served with what live lines can carry (messages a day, like the demand). While it is at least
 * `brownoutShare` of the demand, all are. Below, replies are, and of the others in the order of their classes
 * those that still fit beside: proactive messages are shed first, replies never while there is a live line. A
 * fleet without one serves none.
 */
export function servedClasses(
  capacity: number,
  demand: Readonly<Record<SendClass, number>>,
  { health }: FleetPolicy,
): readonly SendClass[] {
  if (capacity <= 0) return [];
  const total = SEND_CLASSES.reduce((sum, each) => sum + demand[each], 0);
  if (capacity >= health.detection.brownoutShare * total) return SEND_CLASSES;
  let served = 0;
  const firstShed = SEND_CLASSES.findIndex((each) => {
    served += demand[each];
    return each !== 'reply' && served > capacity;
  });
  return SEND_CLASSES.slice(0, firstShed);
}
