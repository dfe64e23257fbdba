import { Client } from 'pg';

/**
 * Shows the other processes that this one lives, by locks on a connection of its own: PostgreSQL frees them as soon as
 * the process dies. One that only sleeps keeps them; its leases run out by their time.
 */
export class Presence {
  private connection: Promise<Client> | null = null;
  private readonly announced = new Set<string>();

  constructor(private readonly databaseUrl: string) {}

  /** From here on `holder` is seen to live. Idempotent; after the connection broke the next call announces anew. */
  async announce(holder: string): Promise<void> {
    const client = await (this.connection ??= this.connect());
    if (this.announced.has(holder)) return;
    // Shared: processes of one name do not keep each other off.
    await client.query('SELECT pg_advisory_lock_shared(hashtextextended($1, 0))', [holder]);
    this.announced.add(holder);
  }

  async close(): Promise<void> {
    const client = await this.connection?.catch(() => null);
    await client?.end();
  }

  private async connect(): Promise<Client> {
    const client = new Client({ connectionString: this.databaseUrl, keepAlive: true });
    const forget = (): void => {
      this.connection = null;
      this.announced.clear();
    };
    client.on('error', forget);
    client.on('end', forget);
    try {
      await client.connect();
    } catch (error) {
      forget();
      throw error;
    }
    return client;
  }
}
