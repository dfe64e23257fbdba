import type { EpochMs, SendClass, ThreadHealth } from '@linekeeper/domain';
import type { AssignmentState } from './assignment-store';
import type { ConversationRecord } from './conversation-store';
import type { EnvironmentRecord } from './admin-store';
import type { LineRecord } from './line-store';
import type { ChatHealth } from './messaging-provider';

/** A line with the one thing the gate needs beside its columns. */
export interface GateLine {
  readonly line: LineRecord;
  /** The most it carried in one of the last seven closed days. */
  readonly maxDailyUse7d: number;
  /** The thread with this person on it, of the version that the line speaks if there is one; null when there is none. */
  readonly chat: { readonly id: string; readonly health: ChatHealth } | null;
  /** Whether the person texted the number or confirmed to hold it. */
  readonly known: boolean;
}

/** Everything the gate looks at for one person, read at one instant. */
export interface GateRow {
  readonly userId: string;
  readonly erased: boolean;
  readonly timeZone: string | null;
  readonly poolId: string;
  readonly poolZone: string;
  readonly assignmentId: string;
  readonly assignmentEpoch: number;
  readonly assignmentState: AssignmentState;
  readonly needsIntroductionSince: EpochMs | null;
  readonly firstSendAt: EpochMs | null;
  readonly suppressedAt: EpochMs | null;
  readonly liftedAt: EpochMs | null;
  readonly replyAllowedUntil: EpochMs | null;
  readonly conversation: ConversationRecord | null;
  /** The assigned line, and the active one when it is another. */
  readonly assigned: GateLine;
  readonly active: GateLine | null;
  /** The health of the person's threads on any line of the pool. */
  readonly threads: readonly ThreadHealth[];
  /** Of sends not seen yet that answered nothing: the latest admission. */
  readonly openUnsolicitedAt: EpochMs | null;
  readonly transactionalToday: number;
  /** When the text that was asked for last went out, no reply, within the window that was asked for; oldest first. */
  readonly sameTextAt: readonly EpochMs[];
  /** Of sends without news from lines that were lost meanwhile: until when the last of them may still turn up. */
  readonly unsettledUntil: EpochMs | null;
  /** Events of this person's threads that came in and are not processed yet: perhaps a wish to be left alone. */
  readonly eventsPending: boolean;
  readonly environment: Pick<EnvironmentRecord, 'name' | 'frozenAt' | 'actuators'>;
  /** Ejections of the last 24 hours, and lines in use if there were any: for the contagion rule. */
  readonly recentlyEjected: number;
  readonly linesInUse: number;
  /** Classes that wait because too few lines are live. */
  readonly shedClasses: readonly SendClass[];
}

/** One round trip for the send gate: the only query on its path besides recording the answer. */
export abstract class GateStore {
  /** Rows of the person's pools; empty when there is no such user or no assignment. */
  abstract look(
    who: { readonly userId: string } | { readonly handle: string },
    since: { readonly dayStart: EpochMs; readonly ejectedAfter: EpochMs; readonly now: EpochMs },
    text?: { readonly hash: string; readonly since: EpochMs },
  ): Promise<GateRow[]>;
}
