import type { ReserveLimits } from '../budget/types';
import type { EpochMs } from '../kernel/time';
import type { SendClass } from '../line/availability';
import type { LineView } from '../placement/types';
import type { ConversationCounters } from './turns';

export type ChatHealthWord = 'HEALTHY' | 'AT_RISK' | 'CRITICAL' | 'OPTED_OUT';

/** The provider's verdict on a thread; `since` is null where it does not say. */
export interface ThreadHealth {
  readonly health: ChatHealthWord;
  readonly since: EpochMs | null;
}

/** Everything the gate may look at for one message to one person. */
export interface GateSnapshot {
  readonly now: EpochMs;
  /** The person's zone, else the pool's. */
  readonly zone: string;
  /** The line the message would leave from. */
  readonly line: LineView;
  readonly assignmentState:
    'reserved' | 'confirmed' | 'overflow' | 'needs-introduction' | 'released';
  /** Since when the person holds no usable number of ours; null while they do. */
  readonly needsIntroductionSince: EpochMs | null;
  /** The thread on that line, or null when it would be a new one. */
  readonly chat: { readonly id: string; readonly health: ChatHealthWord } | null;
  /** All threads with the person, that one included, and since when each has its health. */
  readonly threads: readonly ThreadHealth[];
  /** Whether the person wrote last in the thread on that line. */
  readonly wroteHere: boolean;
  /** Whether the person has ever been written to or has written on another line of ours. */
  readonly talkedBefore: boolean;
  /** Whether the person knows this number: they texted it, or confirmed the card. */
  readonly knowsLine: boolean;
  readonly suppressedAt: EpochMs | null;
  /** The latest word that took a stop back. */
  readonly liftedAt: EpochMs | null;
  readonly replyAllowedUntil: EpochMs | null;
  readonly counters: ConversationCounters;
  /** Admitted and not yet seen: the latest of them, and how many turns they make. */
  readonly openUnsolicitedAt: EpochMs | null;
  readonly transactionalToday: number;
  readonly fleetFrozen: boolean;
  /** Too many lines were flagged within a day: push and proactive have stopped. */
  readonly contagion: boolean;
  /** When the same text last went out without being a reply, from any line, oldest first; within the policy's window. */
  readonly sameTextAt: readonly EpochMs[];
  /** Until when a message of unknown fate from a line that was lost meanwhile may still turn out to have left. */
  readonly unsettledUntil: EpochMs | null;
  /** Classes that wait because live lines carry too little of what is needed; never replies. */
  readonly shedClasses: readonly SendClass[];
}

export interface GateRequest {
  /** What the app asks for; it may only lower what follows from the conversation. */
  readonly askedClass: 'reply' | 'transactional' | 'proactive' | null;
  readonly messages: number;
}

/** A reason in words a caller can act on. */
export interface GateReason {
  readonly code: string;
  readonly detail: string;
}

export type GateDecision =
  | {
      readonly kind: 'send';
      readonly class: SendClass;
      readonly newConversation: boolean;
      /** `prefix`: the first text says who writes, because the person does not know this number. */
      readonly firstText: 'prefix' | null;
      /** `sms`: a stranger's number introduces itself by SMS; null: as usual. */
      readonly service: 'sms' | null;
      readonly limits: ReserveLimits;
      readonly reasons: readonly GateReason[];
    }
  | {
      readonly kind: 'defer';
      readonly class: SendClass;
      readonly retryAt: EpochMs;
      readonly reasons: readonly GateReason[];
    }
  | { readonly kind: 'refuse'; readonly class: SendClass; readonly reasons: readonly GateReason[] };
