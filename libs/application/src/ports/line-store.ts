import type {
  AdminState,
  BudgetBand,
  EpochMs,
  FleetPolicy,
  Line,
  LinePatch,
  LineView,
  Reputation,
} from '@linekeeper/domain';
import type { ApiVersion, SpokenVersion } from './api-version';

/** A line with what only people look at, and how the provider is asked about it. */
export interface LineRecord extends Line, SpokenVersion {
  readonly providerLineId: string | null;
  readonly listedAt: EpochMs | null;
  readonly adminReason: string;
  readonly healthReason: string | null;
  readonly providerStatusAt: EpochMs | null;
  readonly reputationSeenAt: EpochMs | null;
  readonly newUsersToday: number;
  readonly newUsersDay: string;
  /** The band of its cap that was told last. */
  readonly budgetBand: BudgetBand;
  readonly contactCardActive: boolean;
  /** What the last capability check from the line said; null while there was none. */
  readonly capability: 'imessage' | 'none' | null;
  readonly capabilityAt: EpochMs | null;
  /** Where the provider forwards calls to, and where the operator wants them; null: nowhere. */
  readonly forwardingNumber: string | null;
  readonly wantedForwarding: string | null;
  /** The operator's word on whether the provider types by itself on the line; null: not known. */
  readonly autoTyping: 'on' | 'off' | null;
  readonly waivedChecks: readonly string[];
  /** Since when the provider does not list it any more; null while it does. */
  readonly missingSince: EpochMs | null;
  /** The line that takes its place under a new number. */
  readonly successorId: string | null;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
}

/** The columns a lifecycle step, a provider's word or the ramp may change. */
export type LineChange = LinePatch &
  Partial<
    Pick<
      LineRecord,
      | 'poolId'
      | 'managed'
      | 'adminReason'
      | 'healthReason'
      | 'providerStatusAt'
      | 'reputation'
      | 'reputationSeenAt'
      | 'budgetPerDay'
      | 'budgetBand'
      | 'capability'
      | 'capabilityAt'
      | 'forwardingNumber'
      | 'wantedForwarding'
      | 'autoTyping'
      | 'waivedChecks'
      | 'missingSince'
      | 'successorId'
      | 'providerLineId'
      | 'listedAt'
      | 'contactCardActive'
      | 'apiVersion'
      | 'earlierVersions'
    >
  >;

/** What users add to or take from a line's sums. */
export interface LoadDelta {
  readonly lineId: string;
  readonly users: number;
  readonly meanMilli: number;
  readonly varianceMilli: number;
  readonly fallbackUsers: number;
  /** The line that those stand on who hold this one as a fallback. */
  readonly primaryLineId?: string;
  /** New users placed in the running budget day. */
  readonly newUsers: number;
}

/** A line as the rules see it, with the most messages that it carried on one of its last seven closed days. */
export interface ObservedLine extends LineRecord, LineView {
  readonly maxDailyUse7d: number;
}

export interface LineFilter {
  readonly poolId?: string;
  readonly adminStates?: readonly AdminState[];
  readonly reputation?: Reputation;
}

export abstract class LineStore {
  abstract insert(line: LineRecord): Promise<void>;
  abstract byId(id: string): Promise<LineRecord | null>;
  abstract byIds(ids: readonly string[]): Promise<LineRecord[]>;
  abstract byPhoneNumber(phoneNumber: string): Promise<LineRecord | null>;
  /**
   * The same as `list` without a filter, for the path of every message: a line is read once for each version of its row.
   * Call it before the transaction changes a line, whose row would have one version for both states.
   */
  abstract all(): Promise<LineRecord[]>;
  abstract list(filter?: LineFilter): Promise<LineRecord[]>;
  /** Which version each number of the fleet speaks, or those of `phoneNumbers`. One query, for every call to the provider. */
  abstract versions(phoneNumbers?: readonly string[]): Promise<Map<string, ApiVersion>>;
  abstract byPhoneNumbers(phoneNumbers: readonly string[]): Promise<LineRecord[]>;
  /**
   * The lines of a pool, or of all pools, as placement, gate and failover see them: with the use of the rolling 24
   * hours from the usage rows, today's cap with its spike guard, and the new users of the running budget day.
   */
  abstract views(
    poolId: string | null,
    at: { readonly now: EpochMs; readonly day: string; readonly policy: FleetPolicy },
  ): Promise<ObservedLine[]>;
  /** Changes columns, raises the epoch by one when `raiseEpoch`, stamps `updatedAt`. */
  abstract change(
    id: string,
    change: LineChange,
    options: { at: EpochMs; raiseEpoch: boolean },
  ): Promise<void>;
  /** Stamps lines as listed by the provider, and those of `withReputation` as having a reputation just told. */
  abstract seen(
    ids: readonly string[],
    withReputation: readonly string[],
    at: EpochMs,
  ): Promise<void>;
  /** Adds to the sums of several lines in one statement. `day` is the running budget day of the new-user count. */
  abstract addLoad(deltas: readonly LoadDelta[], day: string, at: EpochMs): Promise<void>;
}
