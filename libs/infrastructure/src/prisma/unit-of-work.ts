import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  DecisionEntry,
  DecisionLog,
  HeldLease,
  Random,
  Stores,
} from '@linekeeper/application';
import { LeaseLost, Refusal, UnitOfWork } from '@linekeeper/application';
import type { Ask, Db, PrismaDatabase } from './database';
import { LineVersions } from './line-versions';
import { prismaStores } from './stores';

/** Waiting longer for a connection than this means that the database is overloaded or away. */
const MAX_WAIT_MS = 15_000;
const TIMEOUT_MS = 30_000;
const MAX_ATTEMPTS = 5;
const FIRST_BACKOFF_MS = 5;

/** Runs work in transactions of PostgreSQL's default isolation, read committed. */
export class PrismaUnitOfWork extends UnitOfWork {
  readonly read: Stores;
  private readonly lines: LineVersions;
  /** The lease under which the running job writes; it follows the job through its awaits. */
  private readonly lease = new AsyncLocalStorage<HeldLease>();
  private jobs = 0;

  constructor(
    private readonly database: PrismaDatabase,
    private readonly random: Random,
    private readonly log: DecisionLog,
  ) {
    super();
    const { client, presence, ask } = database;
    this.lines = new LineVersions(ask);
    this.read = prismaStores(
      client,
      { note: (entry) => log.write(entry) },
      presence,
      ask,
      this.lines,
    );
  }

  run<T>(work: (stores: Stores) => Promise<T>): Promise<T> {
    return this.repeatedly(work, false);
  }

  runOften<T>(work: (stores: Stores) => Promise<T>): Promise<T> {
    return this.repeatedly(work, true);
  }

  private async repeatedly<T>(work: (stores: Stores) => Promise<T>, often: boolean): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const noted: DecisionEntry[] = [];
        const answer = await this.database.transaction(
          (tx, ask) => this.within(tx, ask, noted, work),
          { maxWait: MAX_WAIT_MS, timeout: TIMEOUT_MS, often },
        );
        for (const entry of noted) this.log.write(entry);
        return answer;
      } catch (error) {
        if (isWithoutConnection(error)) {
          throw new Refusal('service.unavailable', 'The database has no connection free now', {
            retryAfterSeconds: 1,
          });
        }
        if (attempt === MAX_ATTEMPTS || !isConflict(error)) throw error;
        await delay(this.random.next() * FIRST_BACKOFF_MS * 2 ** attempt);
      }
    }
  }

  async fenced<T>(lease: HeldLease, work: () => Promise<T>): Promise<T> {
    this.jobs += 1;
    try {
      return await this.lease.run(lease, work);
    } finally {
      this.jobs -= 1;
      // Following it slows down every promise of the process, the messages' too.
      if (this.jobs === 0) this.lease.disable();
    }
  }

  private async within<T>(
    tx: Db,
    ask: Ask,
    noted: DecisionEntry[],
    work: (stores: Stores) => Promise<T>,
  ): Promise<T> {
    const lease = this.lease.getStore();
    if (lease) await refuseWithout(lease, tx);
    const notes = { note: (entry: DecisionEntry) => void noted.push(entry) };
    return work(prismaStores(tx, notes, this.database.presence, ask, this.lines));
  }
}

/** The row stays as it is until the transaction ends: whoever wants the lease now waits for it. */
async function refuseWithout(lease: HeldLease, tx: Db): Promise<void> {
  const held = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM leases WHERE name = ${lease.name} AND token = ${lease.token} FOR SHARE`;
  if (held.length === 0) throw new LeaseLost(lease);
}

/** A deadlock or serialisation failure: the transaction left no trace and may be tried again. */
function isConflict(error: unknown): boolean {
  const { code, meta } = Object(error) as { code?: unknown; meta?: unknown };
  // In the words of PostgreSQL, and of Prisma for its models.
  if (code === '40001' || code === '40P01' || code === 'P2034') return true;
  return code === 'P2010' && /40001|40P01/.test(JSON.stringify(meta ?? {}));
}

/** What the connection pool says when none of its connections came free in time. */
function isWithoutConnection(error: unknown): boolean {
  return (
    error instanceof Error && error.message.includes('timeout exceeded when trying to connect')
  );
}
