import type { EpochMs, SendClass } from '@linekeeper/domain';
import type { EnvironmentRecord } from './admin-store';
import type { LineRecord } from './line-store';
import type { SendBasis, SendRecord } from './send-store';

/** Everything the gate looks at for a group, read at one instant. */
export interface GroupRow {
  /** Its thread now, whichever of its ids was asked for. */
  readonly chatId: string;
  /** False: the thread is with one person. */
  readonly isGroup: boolean;
  /** Stands for the group where holds name a person. */
  readonly key: string;
  readonly poolId: string;
  readonly poolZone: string;
  readonly line: LineRecord;
  /** The most its line carried in one of the last seven closed days. */
  readonly maxDailyUse7d: number;
  /** When anybody last wrote in one of its threads, within the time that was asked for. */
  readonly lastInboundAt: EpochMs | null;
  readonly transactionalToday: number;
  readonly sameTextAt: readonly EpochMs[];
  /** Of sends without news from a line that is lost: until when the last of them may still turn up. */
  readonly unsettledUntil: EpochMs | null;
  /** The hold under which it is being made anew on another line. */
  readonly recreation: { readonly sendId: string; readonly until: EpochMs } | null;
  /** Events of its threads came in and are not processed yet. */
  readonly eventsPending: boolean;
  readonly environment: Pick<EnvironmentRecord, 'frozenAt' | 'actuators'>;
  readonly recentlyEjected: number;
  readonly linesInUse: number;
  readonly shedClasses: readonly SendClass[];
}

/** What an answer for a group rests on, as it was when the gate looked. */
export interface GroupBasis extends Pick<SendBasis, 'lineEpoch' | 'frozenAt' | 'text'> {
  /** Its thread, which must not have become another one. */
  readonly chatId: string;
}

/** Groups at the gate, and the threads that a group has had. */
export abstract class GroupStore {
  /** Null when no thread with this id was ever seen. */
  abstract look(
    chatId: string,
    since: {
      readonly now: EpochMs;
      readonly dayStart: EpochMs;
      readonly ejectedAfter: EpochMs;
      readonly repliesAfter: EpochMs;
    },
    text: { readonly hash: string; readonly since: EpochMs } | null,
  ): Promise<GroupRow | null>;
  /**
   * Writes an admitted answer, provided that what it rests on is still so. False, and nothing written, when it is not. Of
   * those that make the group anew (`newConversation`) one is open at a time: call it in a transaction.
   */
  abstract insertSend(send: SendRecord, basis: GroupBasis): Promise<boolean>;
  /**
   * From now on the group goes on in the thread `to`, and every earlier id of it is an alias of that one. False, and nothing
   * changed, when `from` is an alias already or either thread is not known. Atomic.
   */
  abstract continueIn(from: string, to: string): Promise<boolean>;
}
