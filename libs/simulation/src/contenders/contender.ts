import type { Fleet } from '../fleet/fleet';
import type { Chance } from '../kernel/chance';
import type { Traffic } from '../traffic/traffic';

export type Placement =
  | {
      readonly kind: 'placed';
      readonly line: number;
      /** Other lines whose numbers the person is sent on a card. */
      readonly fallbacks: readonly number[];
      readonly reason: string;
    }
  | { readonly kind: 'refused'; readonly reason: string };

export interface FailoverDecision {
  readonly moves: readonly {
    readonly user: number;
    readonly to: number;
    /** Second at which we write first; null when the next message is the person's. */
    readonly contactAt: number | null;
    readonly reason: string;
  }[];
  /** Users who hold no number that could take them. */
  readonly stranded: readonly number[];
  /** Second by which everyone to be written to will have been, as announced; null when nothing is. */
  readonly etaAt: number | null;
  /** Whether first contacts go through the gate. */
  readonly paced: boolean;
}

/** What is asked of whoever runs the fleet. All see the same fleet and the same traffic, one message at a time. */
export interface Contender {
  readonly name: string;
  /** A person without a line writes. */
  place(user: number, seconds: number): Placement;
  /** After a placement stood, on the running budget day. */
  onPlaced?(user: number, line: number, day: number): void;
  /** After a move stood. */
  onMoved?(user: number, from: number, to: number): void;
  /** A budget day is over. `messages` are those of each user on it. */
  onDayClosed?(day: number, messages: Int32Array): void;
  /** Messages a day that a line may carry now, when that is not what its ramp says. */
  todayCap?(line: number, day: number): number;
  /** The cap that admission fills a line up to, when that is not today's. */
  admissionCap?(line: number, day: number): number;
  /** A line is flagged. Contenders without an answer leave everyone where they are. */
  onFlag?(line: number, seconds: number): FailoverDecision;
  /** Once a day: whom to move although nothing broke. */
  rebalance?(seconds: number): readonly { user: number; to: number; reason: string }[];
}

/** What a contender is made from. Only the offline bounds look at the traffic ahead of time. */
export interface Arena {
  readonly fleet: Fleet;
  readonly chance: Chance;
  readonly traffic: Traffic;
  /** Lines whose numbers a person holds, as the service knows it: texted by them, or on a card that was delivered. */
  readonly holds: (user: number) => readonly number[];
  /** Threads that a line began lately. */
  readonly contactsOf: (line: number) => { readonly last24h: number; readonly lastHour: number };
}

export type MakeContender = (arena: Arena) => Contender;
