import { AsyncLocalStorage } from 'node:async_hooks';
import { Pool, type PoolClient, type PoolConfig } from 'pg';

/** The connection that a transaction holds; null before it begins and once it has ended. */
export interface HeldConnection {
  client: PoolClient | null;
}

/** A pool that notes which connection is taken by whom: whoever takes one for a transaction learns which one it is. */
export class NotingPool extends Pool {
  private readonly takers = new AsyncLocalStorage<HeldConnection>();
  private readonly held = new WeakMap<PoolClient, HeldConnection>();

  constructor(settings: PoolConfig) {
    super(settings);
    this.on('release', (_error, client) => {
      const taker = this.held.get(client);
      if (taker) taker.client = null;
      this.held.delete(client);
    });
  }

  /** What `work` takes first is noted in `taker`, until it is given back. */
  noting<T>(taker: HeldConnection, work: () => T): T {
    return this.takers.run(taker, work);
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: Parameters<Pool['connect']>[0]): void;
  override connect(callback?: Parameters<Pool['connect']>[0]): Promise<PoolClient> | void {
    // Single statements take their connection with a callback.
    if (!callback) return this.take();
    super.connect(callback);
  }

  private async take(): Promise<PoolClient> {
    const taker = this.takers.getStore();
    const client = await super.connect();
    if (taker?.client === null) {
      taker.client = client;
      this.held.set(client, taker);
    }
    return client;
  }
}
