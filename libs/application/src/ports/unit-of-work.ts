import type { Stores } from './stores';

/** The right to run a job, under the token it was taken with. */
export interface HeldLease {
  readonly name: string;
  readonly token: bigint;
}

/** The lease went to another process: whoever held it was too slow, and must not write any more. */
export class LeaseLost extends Error {
  constructor(readonly lease: HeldLease) {
    super(`The lease "${lease.name}" has gone to another process`);
    this.name = 'LeaseLost';
  }
}

/**
 * Runs a piece of work in one database transaction: all of it happens or none. Retries a bounded number of
 * times when the database reports a deadlock or a serialisation failure, so the work must be repeatable; throws
 * what the work throws. Read-committed isolation: lock what you decide on (the pool row, mostly).
 */
export abstract class UnitOfWork {
  abstract run<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
  /** The same for the paths of every message: its statements are prepared, and find rows by their keys alone. */
  abstract runOften<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
  /**
   * Within `work` each transaction stands only if nobody has taken the lease since: a process that was paused past its
   * lease leaves no trace. Throws {@link LeaseLost} then.
   */
  abstract fenced<T>(lease: HeldLease, work: () => Promise<T>): Promise<T>;
  /** The same stores outside a transaction, for reads. */
  abstract readonly read: Stores;
}
