import type { EpochMs } from '@linekeeper/domain';

export const FAILOVER_STATES = ['planned', 'running', 'paused', 'completed', 'cancelled'] as const;
export type FailoverState = (typeof FAILOVER_STATES)[number];

export interface FailoverRecord {
  readonly id: string;
  readonly lineId: string;
  readonly lineEpoch: number;
  readonly cause:
    'flagged' | 'operator' | 'inferred' | 'drain' | 'maintenance' | 'replace' | 'retired';
  readonly state: FailoverState;
  readonly reason: string;
  readonly actor: string;
  readonly policyVersion: number;
  readonly usersTotal: number;
  readonly usersMoved: number;
  readonly usersStranded: number;
  /** Of a drain: who stays on the line for now, because no other number serves them. */
  readonly usersWaiting: number;
  readonly startedAt: EpochMs;
  readonly etaAt: EpochMs | null;
  readonly deadline: EpochMs | null;
  /** Moves within any hour, at most; null: as many as there are. */
  readonly movesPerHour: number | null;
  readonly finishedAt: EpochMs | null;
  readonly updatedAt: EpochMs;
  /** When a worker took it up after it began or was resumed; null while nobody has. */
  readonly takenUpAt: EpochMs | null;
}

export interface FailoverMoveRecord {
  readonly failoverId: string;
  readonly userId: string;
  readonly toLineId: string | null;
  readonly priority: number;
  readonly mode: 'push' | 'pull-only';
  readonly state: 'moved' | 'needs-introduction' | 'contacted';
  readonly reason: string;
  readonly epoch: number;
  readonly contactSlotAt: EpochMs | null;
  readonly contactedAt: EpochMs | null;
  readonly at: EpochMs;
}

export abstract class FailoverStore {
  /** False when this line epoch has its failover already. */
  abstract insert(failover: FailoverRecord): Promise<boolean>;
  abstract byId(id: string): Promise<FailoverRecord | null>;
  abstract list(page: {
    limit: number;
    after?: string;
    states?: readonly FailoverState[];
    lineId?: string;
    /** Failovers of lines in these pools; none named: of all. */
    poolIds?: readonly string[];
  }): Promise<FailoverRecord[]>;
  abstract change(
    id: string,
    change: Partial<
      Pick<
        FailoverRecord,
        | 'state'
        | 'usersMoved'
        | 'usersStranded'
        | 'usersWaiting'
        | 'usersTotal'
        | 'etaAt'
        | 'deadline'
        | 'finishedAt'
        | 'takenUpAt'
      >
    >,
    at: EpochMs,
  ): Promise<void>;
  /**
   * Marks the running failovers that nobody has taken up as taken up, and answers whether there were any. Atomic: of
   * several processes one gets them. While the fleet is frozen there is nothing to take up.
   */
  abstract takeUp(at: EpochMs): Promise<boolean>;
  /** Inserts moves; a user who has one in this failover keeps it. */
  abstract addMoves(moves: readonly FailoverMoveRecord[]): Promise<void>;
  abstract moves(
    failoverId: string,
    page: { limit: number; after?: string },
  ): Promise<FailoverMoveRecord[]>;
  /** Moves of a failover that were made after `since`. */
  abstract movesSince(failoverId: string, since: EpochMs): Promise<number>;
  /** The latest move of a user that has not led to a contact yet. */
  abstract openMoveOf(userId: string): Promise<FailoverMoveRecord | null>;
  /** Slots of first contacts that are still to come, or came since `since`, on these lines. */
  abstract openSlots(
    lineIds: readonly string[],
    since: EpochMs,
  ): Promise<{ lineId: string; at: EpochMs }[]>;
  abstract markContacted(userId: string, lineId: string, at: EpochMs): Promise<void>;
}
