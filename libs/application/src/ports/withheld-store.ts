import type { EpochMs } from '@linekeeper/domain';
import type { Actuator } from './admin-store';

/** What an actuator would have done to whom, while it only observed or proposed. */
export interface WithheldDeed {
  /** The ISO week in which. */
  readonly week: string;
  readonly actuator: Actuator;
  /** The event, or the answer, that it would have been. */
  readonly wouldBe: string;
  /** An id of ours, or of a thread. */
  readonly subject: string;
}

export interface WithheldSum extends Omit<WithheldDeed, 'subject'> {
  /** How many it concerned, and how often it came up. */
  readonly subjects: number;
  readonly times: number;
}

/** What would have happened, by week. */
export abstract class WithheldStore {
  abstract note(deed: WithheldDeed, at: EpochMs): Promise<void>;
  abstract sums(week: string): Promise<WithheldSum[]>;
  /** Forgets weeks before this one. */
  abstract prune(before: string): Promise<void>;
}
