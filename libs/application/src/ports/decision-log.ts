import type { EpochMs } from '@linekeeper/domain';

/** One decision as it is told: by whom, by which policy, over what, and why. No handle and no whole number in it. */
export interface DecisionEntry {
  readonly kind:
    | 'gate'
    | 'placement'
    | 'move'
    | 'ramp'
    | 'rebalance'
    | 'merge'
    | 'forecast'
    | 'health'
    | 'recovery';
  readonly outcome: string;
  readonly at: EpochMs;
  readonly actor: string;
  readonly policyVersion: number;
  readonly userId?: string;
  readonly lineId?: string;
  /** The last four digits of the line's number. */
  readonly line?: string;
  readonly reasons: readonly string[];
  /** What it was decided on. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Where decisions are told as they stand: one line each. Never waits and never throws. */
export abstract class DecisionLog {
  abstract write(entry: DecisionEntry): void;
}

/** Notes decisions of a transaction; they are written once it stands, and forgotten when it does not. */
export abstract class DecisionNotes {
  abstract note(entry: DecisionEntry): void;
}
