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
  /** Why it paused by itself, so that it goes on by itself; null when an operator paused it, or while it is not paused. */
  readonly heldBecause: string | null;
  /** The last step of the escalation of its line's groups that was announced, in hours; 0: none yet. */
  readonly groupsEscalatedHours: number;
  /** When a worker took it up after it began or was resumed; null while nobody has. */
  readonly takenUpAt: EpochMs | null;
}

export interface FailoverMoveRecord {
  readonly failoverId: string;
  readonly userId: string;
  readonly toLineId: string | null;
  readonly priority: number;
  readonly mode: 'push' | 'pull-only';
  readonly state: 'moved' | 'needs-introduction' | 'contacted' | 'superseded';
  readonly reason: string;
  readonly epoch: number;
  readonly contactSlotAt: EpochMs | null;
  readonly contactedAt: EpochMs | null;
  readonly at: EpochMs;
}

/** How far the first contacts of a failover are. */
export interface FailoverProgress {
  /** People whom we are still to write to first, and those we did. */
  readonly contactsOpen: number;
  readonly contactsMade: number;
  /** Moved, and theirs to start the next thread; or moved on by a later failover. */
  readonly pullOnly: number;
  readonly superseded: number;
  /** The last slot that is still open; null when none is. */
  readonly lastSlotAt: EpochMs | null;
  /** Lines that people were moved to and that still have to write to some of them. */
  readonly targetLineIds: readonly string[];
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
        | 'heldBecause'
        | 'groupsEscalatedHours'
      >
    >,
    at: EpochMs,
  ): Promise<void>;
  /**
   * Marks the running failovers that nobody has taken up as taken up, and answers whether there were any. Atomic: of
   * several processes one gets them. While the fleet is frozen there is nothing to take up.
   */
  abstract takeUp(at: EpochMs): Promise<boolean>;
  /**
   * Inserts moves; a user who has one in this failover keeps it. What an earlier failover planned for them and nobody has
   * done is superseded.
   */
  abstract addMoves(moves: readonly FailoverMoveRecord[]): Promise<void>;
  abstract moves(
    failoverId: string,
    page: { limit: number; after?: string },
  ): Promise<FailoverMoveRecord[]>;
  abstract progress(ids: readonly string[]): Promise<Map<string, FailoverProgress>>;
  /** Lines that people were moved to by a failover since then. */
  abstract targetsSince(failoverId: string, since: EpochMs): Promise<string[]>;
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
