import type { EpochMs } from '@linekeeper/domain';

/** Somebody who waits for a place in a full pool. */
export interface WaitingRecord {
  readonly userId: string;
  readonly poolId: string;
  readonly startedBy: 'inbound' | 'outbound';
  readonly actor: string;
  readonly since: EpochMs;
}

/** Who waits for a place in a full pool, first in, first out. Change it under the pool's lock. */
export abstract class WaitList {
  /** At the end of the pool's list; whoever is on it already keeps their place. */
  abstract join(waiting: WaitingRecord): Promise<void>;
  abstract leave(userId: string, poolId: string): Promise<void>;
  /** From the lists of all pools. */
  abstract leaveAll(userId: string): Promise<void>;
  abstract isAny(poolId: string): Promise<boolean>;
  /** From 1; null for whoever does not wait. */
  abstract position(userId: string, poolId: string): Promise<number | null>;
  abstract of(userId: string, poolId: string): Promise<WaitingRecord | null>;
  abstract first(poolId: string): Promise<WaitingRecord | null>;
  /** In the order of arrival, each with its place on the list of its pool. */
  abstract list(page: {
    readonly limit: number;
    /** The last one of the page before. */
    readonly after?: string;
    /** None named: of all. */
    readonly poolIds: readonly string[];
  }): Promise<(WaitingRecord & { readonly position: number })[]>;
}
