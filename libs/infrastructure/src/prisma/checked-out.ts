import { AsyncLocalStorage } from 'node:async_hooks';
import type { Pool, PoolClient } from 'pg';
import type { Ask, Prepared } from './ask';

interface Slot {
  client: PoolClient | null;
}

/**
 * Which connection a transaction of the client runs on: the one that was checked out of the pool in its course. It is
 * let go of before the transaction ends, be it by its commit or because it took too long, so that nothing is ever
 * asked on a connection that is somebody else's by then.
 */
export class CheckedOut {
  private readonly slots = new AsyncLocalStorage<Slot>();

  constructor(pool: Pool) {
    const connect = pool.connect.bind(pool) as () => Promise<PoolClient>;
    const withCallback = pool.connect.bind(pool) as (done: unknown) => void;
    pool.connect = ((done?: unknown) => {
      if (done !== undefined) {
        withCallback(done);
        return;
      }
      const slot = this.slots.getStore();
      return slot === undefined ? connect() : connect().then((client) => hold(slot, client));
    }) as Pool['connect'];
  }

  /** `ask` within is null until a connection was checked out. */
  during<T>(work: (ask: () => Ask | null) => Promise<T>): Promise<T> {
    const slot: Slot = { client: null };
    return this.slots.run(slot, () => work(() => (slot.client === null ? null : askOn(slot))));
  }
}

function askOn(slot: Slot): Ask {
  return async <Row extends object>({ name, text }: Prepared, values: readonly unknown[]) => {
    if (slot.client === null) throw new Error('The transaction has ended');
    const { rows } = await slot.client.query<Row>({ name, text, values: [...values] });
    return rows;
  };
}

const ENDS = new Set(['COMMIT', 'ROLLBACK']);

/** Looks at what runs on the connection until it is given back. */
function hold(slot: Slot, client: PoolClient): PoolClient {
  slot.client = client;
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const release = client.release.bind(client);
  const letGo = (): void => {
    if (slot.client === client) slot.client = null;
  };
  const watched = (...args: unknown[]): unknown => {
    const [asked] = args;
    const text = typeof asked === 'string' ? asked : (asked as { text?: unknown }).text;
    if (ENDS.has(String(text))) letGo();
    return query(...args);
  };
  client.query = watched as PoolClient['query'];
  client.release = (error) => {
    letGo();
    // What the pool gave out is its class's own method again.
    Reflect.deleteProperty(client, 'query');
    release(error);
  };
  return client;
}
