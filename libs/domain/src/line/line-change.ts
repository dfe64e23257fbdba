import type { EpochMs } from '../kernel/time';
import type { Line, MaintenanceMode } from './line';

/** What a step asks the caller to do beside changing the line. */
export const LINE_EFFECTS = [
  'eject',
  'start-drain',
  'stop-drain',
  'start-reroute',
  'stop-reroute',
  'start-handover',
] as const;
export type LineEffect = (typeof LINE_EFFECTS)[number];

/** The columns a step changes. */
export type LinePatch = Partial<
  Pick<
    Line,
    | 'adminState'
    | 'adminStateBy'
    | 'health'
    | 'healthBy'
    | 'providerStatus'
    | 'goodDays'
    | 'warmingUntil'
    | 'activatedAt'
    | 'ejectedAt'
    | 'ejections'
    | 'bannedUntil'
    | 'rampHoldUntil'
    | 'drainDeadline'
    | 'maintenanceMode'
    | 'maintenanceFrom'
    | 'maintenanceClosesAt'
    | 'maintenanceUntil'
    | 'maintenanceResume'
    | 'maintenanceEndedAt'
  >
>;

/** When a line rests, and what becomes of its people. */
export interface MaintenanceWindow {
  readonly from?: EpochMs;
  readonly until?: EpochMs;
  /** Default: what was planned, else hold. */
  readonly mode?: MaintenanceMode;
}
