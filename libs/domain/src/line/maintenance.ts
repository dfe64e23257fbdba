import type { FleetPolicy } from '../fleet-policy';
import { type EpochMs, HOUR_MS, MINUTE_MS } from '../kernel/time';
import type { ActorKind, Line } from './line';
import type { LineEffect, LinePatch, MaintenanceWindow } from './line-change';

/** No window, neither planned nor running. */
export const NO_WINDOW = {
  maintenanceMode: null,
  maintenanceFrom: null,
  maintenanceClosesAt: null,
  maintenanceUntil: null,
  maintenanceResume: null,
} as const;

/** A window that begins later: the line goes on as it is, but stops taking new users some time before. */
export function planMaintenance(
  from: EpochMs,
  { until, mode }: MaintenanceWindow,
  { lifecycle }: FleetPolicy,
): LinePatch {
  return {
    maintenanceMode: mode ?? 'hold',
    maintenanceFrom: from,
    maintenanceClosesAt: from - lifecycle.preCordonMinutes * MINUTE_MS,
    maintenanceUntil: until ?? null,
  };
}

/**
 * The line rests from now on. It remembers where it goes back to. When a planned window begins by the clock, who
 * holds the line stays who it was, so that it comes back to them as they left it.
 */
export function beginMaintenance(
  line: Line,
  by: ActorKind,
  now: EpochMs,
  window: MaintenanceWindow,
): [LinePatch, LineEffect[]] {
  const mode = window.mode ?? line.maintenanceMode ?? 'hold';
  const next: LinePatch = {
    adminState: 'maintenance',
    ...(by === 'automation' ? {} : { adminStateBy: by }),
    maintenanceMode: mode,
    maintenanceFrom: now,
    maintenanceClosesAt: now,
    maintenanceUntil: window.until ?? line.maintenanceUntil,
    maintenanceResume: line.adminState,
  };
  return [next, mode === 'reroute' ? ['start-reroute'] : []];
}

/** Ends a window, or calls a planned one off. A line that rested goes back to the state it had before. */
export function endMaintenance(line: Line, by: ActorKind, now: EpochMs): [LinePatch, LineEffect[]] {
  if (line.adminState !== 'maintenance') return [NO_WINDOW, []];
  const next: LinePatch = {
    ...NO_WINDOW,
    adminState: line.maintenanceResume ?? 'enabled',
    ...(by === 'automation' ? {} : { adminStateBy: by }),
    maintenanceEndedAt: now,
  };
  return [next, line.maintenanceMode === 'reroute' ? ['stop-reroute'] : []];
}

/** What the clock alone brings about: a planned window begins, a window that has an end is over. Null: nothing. */
export function dueMaintenance(line: Line, now: EpochMs): 'maintenance' | 'end-maintenance' | null {
  const { adminState, maintenanceFrom: from, maintenanceUntil: until } = line;
  if (until !== null && now >= until) return 'end-maintenance';
  const rests =
    adminState === 'maintenance' || adminState === 'retired' || adminState === 'warming';
  return from !== null && now >= from && !rests ? 'maintenance' : null;
}

/** The least share of its cap that a line is filled to by new users right after its window. */
const FIRST_SHARE = 0.1;

/**
 * The share (0 to 1) of its cap up to which a line that was in maintenance takes new users: it rises evenly until
 * `slowStartHours` after the end of the window, so that nobody is sent to it in a crowd.
 */
export function slowStartShare(
  { maintenanceEndedAt }: Pick<Line, 'maintenanceEndedAt'>,
  now: EpochMs,
  { lifecycle }: FleetPolicy,
): number {
  const windowMs = lifecycle.slowStartHours * HOUR_MS;
  if (maintenanceEndedAt === null || now - maintenanceEndedAt >= windowMs) return 1;
  return Math.max(FIRST_SHARE, (now - maintenanceEndedAt) / windowMs);
}
