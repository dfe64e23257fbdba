import type { DayRisk } from '../forecast/fleet-day';
import type { UserPrior } from '../forecast/prior';
import type { EpochMs } from '../kernel/time';
import type { LineReason } from '../line/availability';
import type { Line } from '../line/line';

/** A line as decisions see it at one instant. */
export interface LineView extends Line {
  /** Messages in and out over the rolling 24 hours. */
  readonly usedLast24h: number;
  /** Messages the line may carry today, after ramp and spike guard. */
  readonly todayCap: number;
  /** New users placed in the running budget day. */
  readonly newUsersToday: number;
}

/** Everything placement may look at. Nothing in it is asked for later. */
export interface FleetSnapshot {
  readonly now: EpochMs;
  readonly lines: readonly LineView[];
  /** When the running budget day ends: ramping lines may rise then. */
  readonly nextDayAt: EpochMs;
  /** What the fleet's days are like; without it the policy's assumption counts. */
  readonly outlook?: DayRisk;
  /** What is thought of newcomers; without it the policy's assumption counts. */
  readonly prior?: UserPrior;
}

export interface PlacementRequest {
  readonly userId: string;
  readonly meanMilli: number;
  readonly varianceMilli: number;
  /** Only these lines, when given. */
  readonly onlyLineIds?: readonly string[];
}

export type RemovalReason =
  LineReason | 'not-asked-for' | 'full' | 'new-users-today' | 'ramp-share';

export interface RemovedLine {
  readonly lineId: string;
  readonly reason: RemovalReason;
}

export interface ScorePart {
  readonly scorer: string;
  /** 0 to 100. */
  readonly score: number;
  readonly weight: number;
}

export interface RankedCandidate {
  readonly lineId: string;
  /** Weighted mean of the parts, 0 to 100. */
  readonly score: number;
  readonly parts: readonly ScorePart[];
}

export type PlacementPlan =
  | {
      readonly kind: 'placed';
      /** Best first. Applied in order until one commits. */
      readonly candidates: readonly RankedCandidate[];
      readonly removed: readonly RemovedLine[];
    }
  | {
      readonly kind: 'no-capacity';
      readonly removed: readonly RemovedLine[];
      /** How many lines each reason removed. */
      readonly reasons: Readonly<Record<string, number>>;
      /** When capacity is next due, or null when nothing is known to come. */
      readonly nextCapacityAt: EpochMs | null;
    };
