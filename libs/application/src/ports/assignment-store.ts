import type { EpochMs } from '@linekeeper/domain';

export const ASSIGNMENT_STATES = [
  'reserved',
  'confirmed',
  'overflow',
  'needs-introduction',
  'released',
] as const;
export type AssignmentState = (typeof ASSIGNMENT_STATES)[number];

export interface AssignmentRecord {
  readonly id: string;
  readonly poolId: string;
  readonly userId: string;
  readonly lineId: string;
  readonly epoch: number;
  readonly state: AssignmentState;
  readonly startedBy: 'inbound' | 'outbound';
  readonly expiresAt: EpochMs | null;
  readonly firstSendAt: EpochMs | null;
  readonly confirmedAt: EpochMs | null;
  readonly pinned: boolean;
  readonly meanMilli: number;
  readonly varianceMilli: number;
  readonly policyVersion: number;
  readonly explanation: unknown;
  readonly needsIntroductionSince: EpochMs | null;
  /** The last step of its escalation that was announced, in hours since then; 0: none yet. */
  readonly escalatedHours: number;
  readonly lastMovedAt: EpochMs | null;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  /** Ordered. */
  readonly fallbackLineIds: readonly string[];
}

/** Who changes an assignment, why, and under which policy. Written to the history with every change. */
export interface ChangeContext {
  readonly actor: string;
  readonly reason: string;
  readonly policyVersion: number;
  readonly at: EpochMs;
  readonly failoverId?: string;
}

export type AssignmentChange = Partial<
  Pick<
    AssignmentRecord,
    | 'userId'
    | 'lineId'
    | 'state'
    | 'startedBy'
    | 'expiresAt'
    | 'firstSendAt'
    | 'confirmedAt'
    | 'pinned'
    | 'meanMilli'
    | 'varianceMilli'
    | 'needsIntroductionSince'
    | 'escalatedHours'
    | 'lastMovedAt'
    | 'explanation'
  >
>;

export interface AssignmentHistoryEntry {
  readonly epoch: number;
  readonly fromLineId: string | null;
  readonly toLineId: string;
  readonly fromState: string | null;
  readonly toState: string;
  readonly actor: string;
  readonly reason: string;
  readonly policyVersion: number;
  readonly failoverId: string | null;
  readonly at: EpochMs;
}

export abstract class AssignmentStore {
  /** Inserts with its fallbacks and first history row. False (and nothing written) when (pool, user) has one already. */
  abstract insert(assignment: AssignmentRecord, context: ChangeContext): Promise<boolean>;
  /** Several first places, of people who have none, in one statement for each kind of row. */
  abstract insertAll(
    places: readonly { readonly assignment: AssignmentRecord; readonly context: ChangeContext }[],
  ): Promise<void>;
  abstract byId(id: string): Promise<AssignmentRecord | null>;
  abstract of(userId: string, poolId: string): Promise<AssignmentRecord | null>;
  abstract ofUsers(userIds: readonly string[]): Promise<AssignmentRecord[]>;
  abstract onLine(
    lineId: string,
    page: { limit: number; after?: string },
  ): Promise<AssignmentRecord[]>;
  /** Everybody who has a place: not released. By id. */
  abstract placed(page: { limit: number; after?: string }): Promise<AssignmentRecord[]>;
  /**
   * Users still to be moved off a line (not released, not in needs-introduction) other than the named ones, those who
   * wrote last first, and whoever is on SMS or RCS after all others.
   */
  abstract toMove(
    lineId: string,
    limit: number,
    exceptUserIds: readonly string[],
  ): Promise<AssignmentRecord[]>;
  /**
   * Users with a place on a line, or with it as a fallback, who are neither on its successor nor have that as a fallback. By
   * id.
   */
  abstract withoutSuccessor(
    lineId: string,
    successorId: string,
    limit: number,
  ): Promise<AssignmentRecord[]>;
  abstract inState(
    state: AssignmentState,
    page: { limit: number; after?: string },
  ): Promise<AssignmentRecord[]>;
  /** Those past their expiry without a first send, reserved or waiting for an introduction, locked for this transaction, skipping locked ones. */
  abstract expired(now: EpochMs, limit: number): Promise<AssignmentRecord[]>;
  /**
   * Compare and set: applies the change and raises the epoch by one only if the row still has `epoch`; writes the history row.
   * False when someone else was first.
   */
  abstract change(
    id: string,
    epoch: number,
    change: AssignmentChange,
    context: ChangeContext,
  ): Promise<boolean>;
  /**
   * Notes a step of the escalation, in hours. False when the assignment waits no more or the step, or a later one, was
   * noted already: of two that escalate one wins. Keeps the epoch.
   */
  abstract markEscalated(id: string, hours: number): Promise<boolean>;
  abstract replaceFallbacks(id: string, lineIds: readonly string[]): Promise<void>;
  /**
   * How much of the forecast mean of each of these lines is of people who were moved there after `since`, in thousandths; a line
   * with none is left out.
   */
  abstract movedIn(lineIds: readonly string[], since: EpochMs): Promise<Map<string, number>>;
  /** How many moves of a pool since then have a reason that begins so. */
  abstract movedSince(poolId: string, reasonPrefix: string, since: EpochMs): Promise<number>;
  abstract history(id: string): Promise<AssignmentHistoryEntry[]>;

  /** The one code of an assignment: a new one takes the place of an earlier one, used or not. */
  abstract putCode(code: {
    codeHash: string;
    assignmentId: string;
    keyId: string | null;
    createdAt: EpochMs;
    expiresAt: EpochMs;
  }): Promise<void>;
  /** Takes an unused, unexpired code: marks it used and answers with its assignment; null otherwise. Single use. */
  abstract takeCode(codeHash: string, now: EpochMs): Promise<AssignmentRecord | null>;
  /** Open codes of a key, beside one of the assignment `besides`. */
  abstract openCodes(keyId: string | null, besides: string, now: EpochMs): Promise<number>;
}
