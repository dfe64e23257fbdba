import type { EpochMs, UserRate } from '@linekeeper/domain';

export interface StoredRate {
  readonly userId: string;
  readonly rate: UserRate;
  readonly closedDay: string;
}

/**
 * Makes one person out of two user rows. Its locks come before every other lock of a transaction: whoever reads a
 * user and writes by that id without holding the lock of a pool keeps merges out first, and a merge has the
 * people to itself. So no row is ever written for an id that has just become an alias.
 */
export abstract class MergeStore {
  /** Waits for merges under way and keeps others out until the transaction ends. Shared: many may hold it. */
  abstract keepOut(): Promise<void>;
  /** Waits for everybody who keeps merges out, and keeps them waiting until the transaction ends. */
  abstract takePeople(): Promise<void>;
  /** Locks the rows of these users against every reference to them, in the order of their ids. */
  abstract lockUsers(userIds: readonly string[]): Promise<void>;
  abstract rates(userIds: readonly string[]): Promise<StoredRate[]>;
  abstract keepRate(rate: StoredRate): Promise<void>;
  /**
   * Lets everything that hangs on `sourceId` hang on `targetId`: handles, chats, messages, sends, days, cards and
   * known numbers, failover moves. Where both have a row for the same thing the two become one: counts are added,
   * the surer number stays. Conversations of one pool become the target's; assignments are left alone.
   */
  abstract moveRows(sourceId: string, targetId: string): Promise<void>;
  /** Gives back the contact slots of moves to lines on which the person has no place (any more). */
  abstract dropMootSlots(userId: string): Promise<void>;
  /**
   * Fills the gaps of the target's data from the source (external id, zone, consent, expectation), adds up the
   * labels, and makes the source's id and all its aliases aliases of the target. An external id that has no place
   * on the target stays on the alias and finds the target from there.
   */
  abstract redirect(sourceId: string, targetId: string, at: EpochMs): Promise<void>;
}
