import type { Stores } from './stores';

/**
 * Runs a piece of work in one database transaction: all of it happens or none. Retries a bounded number of
 * times when the database reports a deadlock or a serialisation failure, so the work must be repeatable; throws
 * what the work throws. Read-committed isolation: lock what you decide on (the pool row, mostly).
 */
export abstract class UnitOfWork {
  abstract run<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
  /** The same stores outside a transaction, for reads. */
  abstract readonly read: Stores;
}
