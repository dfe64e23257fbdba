import type { DueCheck, EpochMs } from '@linekeeper/domain';

/** Why a check ended without an answer: the person said stop, nobody could tell, or the provider takes no such handle. */
export const CHECK_PROBLEMS = ['opted-out', 'no-answer', 'not-checkable'] as const;
export type CheckProblem = (typeof CHECK_PROBLEMS)[number];

/** What is known of whether a handle is on iMessage. */
export interface CapabilityRecord {
  readonly handle: string;
  /** The last answer; null: none. It holds until `expiresAt`. */
  readonly imessage: boolean | null;
  readonly checkedAt: EpochMs | null;
  /** Until then nothing else is asked; null: nothing was answered yet. */
  readonly expiresAt: EpochMs | null;
  /** When the check that is, or was last, asked for is to be tried; null: none is asked for. */
  readonly nextAt: EpochMs | null;
  readonly problem: CheckProblem | null;
}

/** A try under way. It ends by its own end, or at `heldUntil`, when another process may take it for dead. */
export interface BegunCheck {
  readonly handle: string;
  readonly slot: string;
  readonly askedAt: EpochMs;
  /** Tries begun, this one among them. */
  readonly attempts: number;
  readonly heldUntil: EpochMs;
}

/**
 * Capability checks: what is asked for, what was answered, and when each line may ask next. Everything stands in the
 * database, so that processes share one pace; a row goes with its handle.
 */
export abstract class CapabilityStore {
  /**
   * Asks for a check of each handle through the lines of the pool, due at once. Idempotent: where one is asked for
   * already, or an answer still holds, nothing changes; a handle that nobody has is left out.
   */
  abstract ask(handles: readonly string[], poolId: string, at: EpochMs): Promise<void>;
  abstract of(handles: readonly string[]): Promise<CapabilityRecord[]>;
  /** Of each pool in which a check is asked for, when the first is to be tried. One look at an index per pool. */
  abstract firstDue(): Promise<{ readonly poolId: string; readonly at: EpochMs }[]>;
  /** The checks of a pool that are due, those first that are due for longest. */
  abstract due(poolId: string, now: EpochMs, limit: number): Promise<DueCheck[]>;
  /** Slots that are not free at `now`, and when they will be. */
  abstract busySlots(now: EpochMs): Promise<ReadonlyMap<string, EpochMs>>;
  /**
   * Begins a try of a due check in a free slot, both held until `until`, in one statement: of several processes one gets a
   * handle, and one a slot. Null, and nothing is changed, when either is in other hands, the check is not due any more,
   * or the person said stop meanwhile.
   */
  abstract begin(
    handle: string,
    slot: string,
    now: EpochMs,
    until: EpochMs,
  ): Promise<BegunCheck | null>;
  /** Holds a free slot for a check that is no person's. False when it is not free. Atomic. */
  abstract takeSlot(slot: string, now: EpochMs, until: EpochMs): Promise<boolean>;
  /** Gives a slot back, free from `at` on; nothing happens when it is not the one that was held until `heldUntil`. */
  abstract endSlot(slot: string, heldUntil: EpochMs, at: EpochMs): Promise<void>;
  /** The answer of a try. Nothing happens when that try is not the newest any more, or the handle is gone. */
  abstract answered(
    check: BegunCheck,
    answer: { readonly imessage: boolean; readonly at: EpochMs; readonly expiresAt: EpochMs },
  ): Promise<void>;
  /**
   * A try without an answer, `attempts` of which count: it is tried again at `nextAt`. Nothing happens when that try is
   * not the newest any more.
   */
  abstract again(check: BegunCheck, attempts: number, nextAt: EpochMs): Promise<void>;
  /** Tries without one are over: nothing is known, and nothing new is asked before `restsUntil`. */
  abstract giveUp(check: BegunCheck, problem: CheckProblem, restsUntil: EpochMs): Promise<void>;
  /** Checks that are due and cannot be begun now: tried at `nextAt`, or over when they were asked for before `askedSince`. */
  abstract putOff(
    handles: readonly string[],
    now: EpochMs,
    nextAt: EpochMs,
    askedSince: EpochMs,
  ): Promise<void>;
  /** Checks that are due, of people who said stop: not made. */
  abstract drop(handles: readonly string[], now: EpochMs): Promise<void>;
}
