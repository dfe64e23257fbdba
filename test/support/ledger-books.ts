import type { BudgetLedger, LedgerNews, UnitOfWork } from '@linekeeper/application';
import {
  epochHour,
  type EpochMs,
  type HoldAnswer,
  LineLedger,
  type LineNews,
  type ReserveLimits,
} from '@linekeeper/domain';
import { randomUUID } from 'node:crypto';
import type { TestDatabase } from './database';

export interface Ask {
  readonly id: string;
  readonly recipient: string;
  readonly units: number;
  readonly now: EpochMs;
  readonly limits: ReserveLimits;
}

const NO_NEWS: LineNews = { hours: [], messages: [], threads: [], holds: [] };

/** A pool with nothing in it, for lines that are only counted. */
export async function insertPool(database: TestDatabase): Promise<string> {
  const id = randomUUID();
  await database.query(
    `INSERT INTO pools (id, slug, name, time_zone, card_profile, card_revised_at, created_at)
     VALUES ($1, $2, 'Pool', 'UTC', '{}', '2026-01-01', '2026-01-01')`,
    [id, id],
  );
  return id;
}

/**
 * One line as the service keeps it: every fact is written to the rows first and told to the ledger after, as use-cases
 * do; and beside it the rules themselves, in memory and without any fault, to compare answers with.
 */
export class LedgerBooks {
  readonly reference = new LineLedger();
  private readonly holds = new Map<string, Ask>();

  private constructor(
    readonly lineId: string,
    private readonly database: TestDatabase,
    private readonly unitOfWork: UnitOfWork,
    private readonly ledger: () => BudgetLedger,
  ) {}

  static async open(
    poolId: string,
    database: TestDatabase,
    unitOfWork: UnitOfWork,
    ledger: () => BudgetLedger,
  ): Promise<LedgerBooks> {
    const lineId = randomUUID();
    await database.query(
      `INSERT INTO lines (id, pool_id, phone_number, managed, admin_state, admin_state_by, admin_reason, health,
         provider_status, reputation, budget_per_day, good_days, ejections, users, mean_milli, variance_milli,
         fallback_users, new_users_today, new_users_day, epoch, contact_card_active, created_at, updated_at)
       VALUES ($1, $2, $3, true, 'enabled', 'operator', '', 'healthy', 'ACTIVE', 'HEALTHY', 3000, 20, 0, 0, 0, 0,
         0, 0, '', 1, false, '2026-01-01', '2026-01-01')`,
      [lineId, poolId, lineId],
    );
    return new LedgerBooks(lineId, database, unitOfWork, ledger);
  }

  /** Whether the id had a hold that is over. */
  isSpent(id: string): boolean {
    return this.holds.has(id) && !this.reference.isHeld(id);
  }

  /** A reservation as the gate makes it: the ledger's hold, then its row. */
  async reserve({ limits, ...hold }: Ask): Promise<{ answer: HoldAnswer; expected: HoldAnswer }> {
    const { lineId } = this;
    const answer = await this.ledger().reserve({ ...hold, lineId, limits, todayCap: 40 });
    const expected = this.reference.reserve(hold, limits, 40);
    if (answer.kind === 'held' && !this.holds.has(hold.id)) {
      this.holds.set(hold.id, { ...hold, limits });
      await this.database.query(
        `INSERT INTO sends (id, user_id, line_id, assignment_epoch, class, messages, settled_messages,
           new_conversation, state, policy_version, admitted_at, expires_at)
         VALUES ($1, $2, $3, 1, $4, $5, 0, $6, 'open', 1, $7, $8)`,
        // prettier-ignore
        [hold.id, hold.recipient, lineId, limits.minuteCap === null ? 'reply' : 'proactive', hold.units,
          limits.newConversation, new Date(hold.now), new Date(answer.expiresAt)],
      );
    }
    return { answer, expected };
  }

  /** The provider's news of one message of a hold: sent when it was admitted, heard of now. */
  async see(id: string, now: EpochMs): Promise<void> {
    const hold = this.holds.get(id);
    if (!hold || !this.reference.isHeld(id)) return;
    const messageId = randomUUID();
    await this.database.query(
      `INSERT INTO messages (id, line_id, user_id, direction, at, status, send_id, recorded_at)
       VALUES ($1, $2, $3, 'out', $4, 'sent', $5, $6)`,
      [messageId, this.lineId, hold.recipient, new Date(hold.now), id, new Date(now)],
    );
    if (hold.limits.newConversation) {
      await this.database.query(
        `INSERT INTO chats (id, line_id, is_group, health, started_by, created_at, last_activity_at, shares)
         VALUES ($1, $2, false, 'HEALTHY', 'outbound', $3, $3, 0) ON CONFLICT DO NOTHING`,
        [`chat-${id}`, this.lineId, new Date(hold.now)],
      );
    }
    const holds = await this.unitOfWork.read.sends.noteSeen([{ id, messages: 1 }], now);
    await this.add({ in: 0, out: 1 }, hold.now, now, holds);
  }

  /** A message that no hold announced. */
  async count(direction: 'in' | 'out', at: EpochMs, now: EpochMs): Promise<void> {
    await this.add({ in: 0, out: 0, [direction]: 1 }, at, now, []);
  }

  async release(id: string, now: EpochMs): Promise<void> {
    if (!this.reference.isHeld(id)) return;
    await this.unitOfWork.read.sends.close(id, 'released', now);
    await this.ledger().release(this.lineId, id, now);
    this.reference.release(id, now);
  }

  private async add(
    units: { in: number; out: number },
    at: EpochMs,
    now: EpochMs,
    holds: readonly { id: string; left: number }[],
  ): Promise<void> {
    const { lineId } = this;
    const hours = await this.unitOfWork.read.usage.add(
      [{ lineId, hour: epochHour(at), ...units, started: 0 }],
      [],
    );
    const news = { ...NO_NEWS, hours, holds };
    await this.ledger().record(new Map([[lineId, news]]) satisfies LedgerNews, now);
    this.reference.record(news, now);
  }
}
