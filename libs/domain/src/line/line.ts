import type { EpochMs } from '../kernel/time';

/** What the operator wants of a line. One of two axes: the other is {@link Health}. */
export const ADMIN_STATES = [
  'warming',
  'enabled',
  'cordoned',
  'draining',
  'maintenance',
  'retired',
] as const;
export type AdminState = (typeof ADMIN_STATES)[number];

/** What was observed of a line. */
export const HEALTHS = ['healthy', 'suspect', 'ejected', 'recovering'] as const;
export type Health = (typeof HEALTHS)[number];

/** The provider's own verdict. `UNKNOWN` until it has said anything; unknown is not healthy and not flagged. */
export const PROVIDER_STATUSES = ['UNKNOWN', 'ACTIVE', 'FLAGGED'] as const;
export type ProviderStatus = (typeof PROVIDER_STATUSES)[number];

/** The provider's prediction of where a line is heading. */
export const REPUTATIONS = ['UNKNOWN', 'HEALTHY', 'AT_RISK', 'CRITICAL'] as const;
export type Reputation = (typeof REPUTATIONS)[number];

/** What becomes of the people of a line in maintenance: they wait for its end, or move to another number they hold. */
export const MAINTENANCE_MODES = ['hold', 'reroute'] as const;
export type MaintenanceMode = (typeof MAINTENANCE_MODES)[number];

/** Who did something: a person with a key, a rule of ours, or the provider. */
export type ActorKind = 'operator' | 'automation' | 'provider' | 'app';

/**
 * A phone line as the rules see it. Instants are epoch milliseconds. `meanMilli` and `varianceMilli` are the
 * sums over the users placed on it, in thousandths of messages per day (thousandths keep the sums exact).
 */
export interface Line {
  readonly id: string;
  readonly poolId: string;
  readonly phoneNumber: string;
  /** False for a line that is counted and shown but never used or moved. */
  readonly managed: boolean;
  readonly adminState: AdminState;
  /** Who set the admin state: automation lifts only what automation set. */
  readonly adminStateBy: ActorKind;
  readonly health: Health;
  /** Who set the health: the provider's word lifts only what the provider's word set. */
  readonly healthBy: ActorKind;
  readonly providerStatus: ProviderStatus;
  readonly reputation: Reputation;
  /** Messages a day, in and out together, before ramp and health. */
  readonly budgetPerDay: number;
  /** Good days since activation: the whole state of the ramp. */
  readonly goodDays: number;
  readonly warmingUntil: EpochMs | null;
  readonly activatedAt: EpochMs | null;
  readonly ejectedAt: EpochMs | null;
  /** Ejections within the last 30 days; the ban doubles with each. */
  readonly ejections: number;
  readonly bannedUntil: EpochMs | null;
  /** No ramp advance before this instant (set by a regression). */
  readonly rampHoldUntil: EpochMs | null;
  /** Deadline of a drain, while draining. */
  readonly drainDeadline: EpochMs | null;
  /** The window in which it rests, planned or running; null without one. */
  readonly maintenanceMode: MaintenanceMode | null;
  readonly maintenanceFrom: EpochMs | null;
  /** When it stops taking new users, some time before the window begins. */
  readonly maintenanceClosesAt: EpochMs | null;
  /** Null: until somebody ends it. */
  readonly maintenanceUntil: EpochMs | null;
  /** The admin state that it goes back to after its window. */
  readonly maintenanceResume: AdminState | null;
  /** The end of its last window. */
  readonly maintenanceEndedAt: EpochMs | null;
  readonly users: number;
  readonly meanMilli: number;
  readonly varianceMilli: number;
  /** Users who hold this line as a fallback. */
  readonly fallbackUsers: number;
  /** Rises with each change of admin state, health or provider status. */
  readonly epoch: number;
}
