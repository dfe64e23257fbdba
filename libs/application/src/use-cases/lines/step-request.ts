import type {
  EpochMs,
  LifecycleVerb,
  LineEffect,
  LinePatch,
  LineReadiness,
  MaintenanceWindow,
  ReadinessCheck,
} from '@linekeeper/domain';
import type { LineRecord } from '../../ports';

export interface StepRequest {
  readonly lineId: string;
  readonly verb: LifecycleVerb;
  readonly reason: string;
  readonly dryRun: boolean;
  /** Of a drain or a replacement: when it shall be over. */
  readonly deadline?: EpochMs | undefined;
  /** Of the same: people who are moved within an hour, at most. */
  readonly movesPerHour?: number | undefined;
  readonly waiveWarming?: boolean | undefined;
  /** Of an activation: checks that need not be good. */
  readonly waive?: readonly ReadinessCheck[] | undefined;
  /** Of a maintenance. */
  readonly window?: MaintenanceWindow | undefined;
  /** Of a replacement: the new number, which the provider must list. */
  readonly phoneNumber?: string | undefined;
  /** Take the line out although the disruption budget forbids it. */
  readonly override?: boolean | undefined;
}

export interface StepReport {
  readonly line: LineRecord;
  readonly change: LinePatch;
  readonly effects: readonly LineEffect[];
  /** Users who would be, or are being, moved. */
  readonly usersAffected: number;
  readonly failoverId: string | null;
  /** Of an activation: the list that it went by. */
  readonly readiness: LineReadiness | null;
  /** The rule of the disruption budget that was overridden. */
  readonly overridden: string | null;
  /** Of a replacement: the line under the new number; null in a dry run that would make it. */
  readonly successorId: string | null;
  readonly dryRun: boolean;
}
