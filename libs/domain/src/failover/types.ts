import type { HourTotal } from '../budget/types';
import type { DayRisk } from '../forecast/fleet-day';
import type { EpochMs } from '../kernel/time';
import type { LineView } from '../placement/types';
import type { ChatHealthWord } from '../sends/types';

/** A user of a line that cannot serve any more. */
export interface FailoverUser {
  readonly userId: string;
  readonly meanMilli: number;
  readonly varianceMilli: number;
  /** Lines whose numbers the person holds: on a card they were sent, or texted by them. In card order. */
  readonly knownLineIds: readonly string[];
  readonly lastInboundAt: EpochMs | null;
  readonly lastOutboundAt: EpochMs | null;
  readonly unansweredTurns: number;
  readonly chatHealth: ChatHealthWord | null;
  /** Last seen on SMS or RCS, which may work a little longer on a line that iMessage left: they move last. */
  readonly overSms?: boolean;
  /** IANA name; without it the input's counts. */
  readonly zone?: string | null;
}

/** What a target carried lately, and what the gate holds it to. */
export interface Carried {
  /** Today's cap of the send gate, which is not the one that admission fills a line up to. */
  readonly sendCap: number;
  /** The running epoch hour and the 24 before it; an hour that is left out had nothing. */
  readonly hours: readonly HourTotal[];
}

/** First-contact slots of a target that are taken already. */
export interface ContactUse {
  readonly last24h: number;
  readonly lastHour: number;
  /** Slots that earlier plans gave away and nobody has used yet. */
  readonly scheduled?: readonly EpochMs[];
  /** Without it only the pace of new threads is looked at. */
  readonly carried?: Carried;
}

export interface FailoverInput {
  readonly now: EpochMs;
  readonly lineId: string;
  readonly users: readonly FailoverUser[];
  /** Every line of the pool. */
  readonly lines: readonly LineView[];
  /** By line id; a line that is not named has none. */
  readonly contacts: ReadonlyMap<string, ContactUse>;
  /**
   * How much of a line's mean came to it by moves of the last day, in thousandths; a line that is not named had none. Without it
   * what stands on a line is taken to be its own.
   */
  readonly movedIn?: ReadonlyMap<string, number>;
  /** IANA name, of people of whom none is known; without it their quiet hours are not looked at. */
  readonly zone?: string;
  /** What the fleet's days are like; without it the policy's assumption counts. */
  readonly outlook?: DayRisk;
}

/** P0 waits for an answer, P1 was written to lately, P2 is active, P3 the rest. */
export type Priority = 0 | 1 | 2 | 3;

export interface PlannedMove {
  readonly userId: string;
  readonly toLineId: string;
  readonly priority: Priority;
  /** `pull-only`: the person starts the next thread, we do not. */
  readonly mode: 'push' | 'pull-only';
  /** First instant within the target's pace and room and the person's waking hours; null when we do not start. */
  readonly contactSlotAt: EpochMs | null;
  readonly reason: string;
}

export interface StrandedUser {
  readonly userId: string;
  readonly priority: Priority;
  readonly reason: 'no-known-number' | 'no-usable-number' | 'no-capacity';
}

export interface FailoverPlan {
  readonly moves: readonly PlannedMove[];
  readonly stranded: readonly StrandedUser[];
  /** When the last person whom we may write to can have been written to. */
  readonly etaAt: EpochMs;
}
