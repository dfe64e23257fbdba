import type { FleetPolicy } from '../fleet-policy';
import { type EpochMs, MINUTE_MS } from '../kernel/time';

/** A line that our detectors accuse and the provider does not. */
export interface Alarm {
  readonly lineId: string;
  readonly failureDomain: string;
  readonly at: EpochMs;
}

/**
 * Since when the fleet is in panic, or null. Lines of several failure domains that alarm within minutes, without a
 * word of the provider, are not all sick: the provider is. Then ejections and moves are frozen, the inverse of a
 * load balancer's panic, and outbound waits. It ends after `panicCleanMinutes` without an alarm. `alarms` in order
 * of time, from before the last quiet spell on.
 */
export function panicSince(
  alarms: readonly Alarm[],
  now: EpochMs,
  { health }: FleetPolicy,
): EpochMs | null {
  const { panicDomains, panicMinutes, panicCleanMinutes } = health.detection;
  let since: EpochMs | null = null;
  let last = -Infinity;
  let recent: Alarm[] = [];
  const isClean = (at: EpochMs): boolean => at - last >= panicCleanMinutes * MINUTE_MS;
  for (const alarm of alarms) {
    if (alarm.at > now) break;
    if (isClean(alarm.at)) since = null;
    last = alarm.at;
    recent = recent.filter(({ at }) => alarm.at - at <= panicMinutes * MINUTE_MS);
    recent.push(alarm);
    const domains = new Set(recent.map(({ failureDomain }) => failureDomain));
    if (domains.size >= panicDomains) since ??= alarm.at;
  }
  return isClean(now) ? null : since;
}
