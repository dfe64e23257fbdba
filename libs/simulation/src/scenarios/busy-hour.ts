import { DAY_SECONDS, HOUR_SECONDS } from '../kernel/calendar';
import type { Traffic } from '../traffic/traffic';

/** Where in the span an incident may lie: late enough for a history, early enough for an aftermath. */
const FROM_SHARE = 0.25;
const TO_SHARE = 0.75;

/** The middle of the busiest hour of the busiest day in the middle half of the traffic. */
export function busyHour(traffic: Traffic): number {
  const day = busiest(traffic, DAY_SECONDS, [
    Math.floor(FROM_SHARE * traffic.days),
    Math.ceil(TO_SHARE * traffic.days),
  ]);
  const hour = busiest(traffic, HOUR_SECONDS, [24 * day, 24 * (day + 1)]);
  return hour * HOUR_SECONDS + HOUR_SECONDS / 2;
}

/** The day (from midnight) of that hour. */
export function busiestDay(traffic: Traffic): number {
  return Math.floor(busyHour(traffic) / DAY_SECONDS);
}

function busiest(
  { seconds }: Traffic,
  width: number,
  [from, to]: readonly [number, number],
): number {
  const counts = new Int32Array(Math.max(1, to - from));
  for (const at of seconds) {
    const slot = Math.floor(at / width) - from;
    if (slot >= 0 && slot < counts.length) counts[slot] = (counts[slot] ?? 0) + 1;
  }
  let best = 0;
  counts.forEach((count, i) => {
    if (count > (counts[best] ?? 0)) best = i;
  });
  return from + best;
}
