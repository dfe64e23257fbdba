import { Pool, type PoolClient, type PoolConfig } from 'pg';

/** The connection on which a transaction runs; null before it has one and once it ends. */
export interface HeldConnection {
  client: PoolClient | null;
}

/** A transaction that was told to begin and has not asked for its connection yet. */
interface Beginning {
  readonly taker: HeldConnection;
  /** Lets the next one begin. */
  readonly begun: () => void;
}

const ENDS: ReadonlySet<unknown> = new Set(['COMMIT', 'ROLLBACK']);

/**
 * A pool that notes which connection is taken by whom: whoever begins a transaction learns on which it runs. It is let go of
 * when the transaction is told to end, also because it took too long: nothing is asked on it that would stand by itself.
 *
 * Transactions begin one after the other, each until it has asked for its connection (not until it has it), and so it is
 * known whose request comes. An `AsyncLocalStorage` would know it too, and slows down every promise of the process.
 */
export class NotingPool extends Pool {
  private lastBegun: Promise<void> = Promise.resolve();
  private beginning: Beginning | null = null;

  /** Who has which connection; one that stands here is watched for its end. */
  private readonly takers = new WeakMap<PoolClient, HeldConnection>();

  constructor(settings: PoolConfig) {
    super(settings);
    this.on('connect', (client) => this.watch(client));
    this.on('release', (_error, client) => this.takers.delete(client));
  }

  /** The connection that the transaction `begin` takes is noted in `taker`, until it ends. */
  async noting<T>(taker: HeldConnection, begin: () => Promise<T>): Promise<T> {
    const before = this.lastBegun;
    let begun = (): void => undefined;
    this.lastBegun = new Promise((resolve) => {
      begun = resolve;
    });
    await before;
    const beginning = { taker, begun };
    this.beginning = beginning;
    try {
      return await begin();
    } finally {
      // It may have failed before it asked for a connection.
      if (this.beginning === beginning) this.hasBegun();
    }
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: Parameters<Pool['connect']>[0]): void;
  override connect(callback?: Parameters<Pool['connect']>[0]): Promise<PoolClient> | void {
    // Single statements take their connection with a callback.
    if (!callback) return this.take();
    super.connect(callback);
  }

  private async take(): Promise<PoolClient> {
    const taker = this.hasBegun();
    const client = await super.connect();
    if (taker) {
      taker.client = client;
      this.takers.set(client, taker);
    }
    return client;
  }

  private hasBegun(): HeldConnection | null {
    const beginning = this.beginning;
    this.beginning = null;
    beginning?.begun();
    return beginning?.taker ?? null;
  }

  /** For as long as it lives: giving a connection its own `query` anew for each transaction would slow all of them down. */
  private watch(client: PoolClient): void {
    const query = client.query.bind(client) as (...asked: unknown[]) => unknown;
    const watched = (...asked: unknown[]): unknown => {
      const taker = this.takers.get(client);
      if (taker && ends(asked[0])) taker.client = null;
      return query(...asked);
    };
    client.query = watched as PoolClient['query'];
  }
}

/** Whether a statement, or its text, ends a transaction. */
function ends(asked: unknown): boolean {
  return ENDS.has((asked as { text?: unknown } | undefined)?.text ?? asked);
}
