import { AsyncLocalStorage } from 'node:async_hooks';
import { Pool, type PoolClient, type PoolConfig } from 'pg';

/** The connection on which a transaction runs; null before it has one and once it ends. */
export interface HeldConnection {
  client: PoolClient | null;
}

const ENDS: ReadonlySet<unknown> = new Set(['COMMIT', 'ROLLBACK']);

/**
 * A pool that notes which connection is taken by whom: whoever begins a transaction learns on which it runs. It is let go of
 * when the transaction is told to end, also because it took too long: nothing is asked on it that would stand by itself.
 */
export class NotingPool extends Pool {
  private readonly takers = new AsyncLocalStorage<HeldConnection>();

  constructor(settings: PoolConfig) {
    super(settings);
    // What the next one takes is as it came. Deleting slows an object down, so that only what was watched is touched.
    this.on('release', (_error, client) => {
      if (Object.hasOwn(client, 'query')) Reflect.deleteProperty(client, 'query');
    });
  }

  /** What `work` takes first is noted in `taker`, until its transaction ends. */
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
    if (taker?.client === null) note(client, taker);
    return client;
  }
}

function note(client: PoolClient, taker: HeldConnection): void {
  taker.client = client;
  const query = client.query.bind(client) as (...asked: unknown[]) => unknown;
  const watched = (...asked: unknown[]): unknown => {
    const [statement] = asked;
    if (ENDS.has((statement as { text?: unknown } | undefined)?.text ?? statement)) {
      taker.client = null;
    }
    return query(...asked);
  };
  client.query = watched as PoolClient['query'];
}
