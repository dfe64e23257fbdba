import type { EpochMs } from '@linekeeper/domain';
import type { UserRecord } from '../../ports';

/** Somebody who waits for a place in a full pool. */
export interface WaitListed {
  readonly user: UserRecord;
  readonly waiting: {
    readonly pool: string;
    /** From 1. */
    readonly position: number;
    readonly since: EpochMs;
    /** When capacity is next due, as far as that is known. */
    readonly nextCapacityAt: EpochMs | null;
  };
}
