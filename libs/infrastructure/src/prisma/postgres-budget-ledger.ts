import { BudgetLedger, type ReserveRequest } from '@linekeeper/application';
import {
  type EpochMs,
  type HoldAnswer,
  type LineHistory,
  LineLedger,
  type LineUse,
} from '@linekeeper/domain';
import type { Db, PrismaDatabase } from './database';
import { PrismaUsageHistory } from './usage-history';
import { date } from './values';

/** Waiting longer than this for a line's turn means that the database is overloaded. */
const MAX_WAIT_MS = 15_000;

/**
 * The ledger with PostgreSQL alone, for when Redis is away: each reservation reads the line's rows under the line's
 * lock, asks the same rules as the ledger in memory, and writes its hold before the lock is let go. Slower than
 * Redis by an order of magnitude, and exact. It has no state of its own, so there is nothing to record or rebuild.
 */
export class PostgresBudgetLedger extends BudgetLedger {
  constructor(private readonly database: PrismaDatabase) {
    super();
  }

  reserve({ lineId, limits, todayCap, ...hold }: ReserveRequest): Promise<HoldAnswer> {
    return this.database.transaction(
      async (tx) => {
        await lockLine(tx, lineId);
        const { ledger, history } = await readLine(tx, lineId, hold.now);
        const answer = ledger.reserve(hold, limits, todayCap);
        const isNew = !history.holds.some(({ id }) => id === hold.id);
        if (answer.kind === 'held' && isNew) {
          await tx.ledgerHold.create({
            data: {
              id: hold.id,
              lineId,
              recipient: hold.recipient,
              units: hold.units,
              bursts: limits.minuteCap !== null,
              newConversation: limits.newConversation,
              at: date(hold.now),
              expiresAt: date(answer.expiresAt),
            },
          });
        }
        // Whatever has expired, or stands in a row of its own by now, has no more to say here.
        await tx.$executeRaw`
          DELETE FROM ledger_holds g WHERE g.line_id = ${lineId}::uuid
            AND (g.expires_at <= ${date(hold.now)} OR EXISTS (SELECT 1 FROM sends s WHERE s.id = g.id))`;
        return answer;
      },
      { maxWait: MAX_WAIT_MS, timeout: MAX_WAIT_MS },
    );
  }

  async release(lineId: string, id: string): Promise<void> {
    await this.database.client.ledgerHold.deleteMany({ where: { id, lineId } });
  }

  async record(): Promise<void> {
    // The rows that the news is about are what it reads.
  }

  async usage(lineIds: readonly string[], now: EpochMs): Promise<Map<string, LineUse>> {
    const histories = await new PrismaUsageHistory(this.database.client).read(lineIds, now);
    return new Map(lineIds.map((id) => [id, ledgerOf(histories.get(id) ?? EMPTY, now).usage(now)]));
  }

  async rebuild(): Promise<void> {
    // It reads the rows each time.
  }
}

const EMPTY: LineHistory = { hours: [], messages: [], threads: [], nonReplies: [], holds: [] };

/** Reservations of one line come one after the other; the lock ends with the transaction. */
async function lockLine(tx: Db, lineId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${lineId}, 0))`;
}

async function readLine(
  tx: Db,
  lineId: string,
  now: EpochMs,
): Promise<{ ledger: LineLedger; history: LineHistory }> {
  const history = (await new PrismaUsageHistory(tx).read([lineId], now)).get(lineId) ?? EMPTY;
  return { ledger: ledgerOf(history, now), history };
}

function ledgerOf(history: LineHistory, now: EpochMs): LineLedger {
  const ledger = new LineLedger();
  ledger.load(history, now);
  return ledger;
}
