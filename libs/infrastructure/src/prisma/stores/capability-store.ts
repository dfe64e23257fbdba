import {
  type BegunCheck,
  type CapabilityRecord,
  CapabilityStore,
  type CheckProblem,
} from '@linekeeper/application';
import type { DueCheck, EpochMs } from '@linekeeper/domain';
import type { Ask, Db, Prepared } from '../database';
import { date, ms, msOrNull } from '../values';

export class PrismaCapabilityStore extends CapabilityStore {
  constructor(
    private readonly db: Db,
    private readonly asking: Ask,
  ) {
    super();
  }

  /** The handles stay locked until the end, so that none is erased between the look and the row. */
  async ask(handles: readonly string[], poolId: string, at: EpochMs): Promise<void> {
    if (handles.length === 0) return;
    await this.db.$executeRaw`
      INSERT INTO handle_checks (handle, pool_id, asked_at, attempts, next_at)
      SELECT h.value, ${poolId}::uuid, ${date(at)}, 0, ${date(at)}
      FROM handles h WHERE h.value = ANY(${[...handles]}::text[])
      ORDER BY h.value FOR KEY SHARE
      ON CONFLICT (handle) DO UPDATE SET pool_id = excluded.pool_id, problem = NULL,
        asked_at = excluded.asked_at, attempts = 0, next_at = excluded.next_at
      WHERE handle_checks.next_at IS NULL
        AND (handle_checks.expires_at IS NULL OR handle_checks.expires_at <= excluded.asked_at)`;
  }

  async of(handles: readonly string[]): Promise<CapabilityRecord[]> {
    const rows = await this.db.handleCheck.findMany({ where: { handle: { in: [...handles] } } });
    return rows.map((row) => ({
      handle: row.handle,
      imessage: row.imessage,
      checkedAt: msOrNull(row.checkedAt),
      expiresAt: msOrNull(row.expiresAt),
      nextAt: msOrNull(row.nextAt),
      problem: row.problem as CheckProblem | null,
    }));
  }

  async firstDue(): Promise<{ poolId: string; at: EpochMs }[]> {
    const rows = await this.asking<{ pool_id: string; at: Date }>(FIRST_DUE, []);
    return rows.map((row) => ({ poolId: row.pool_id, at: ms(row.at) }));
  }

  async due(poolId: string, now: EpochMs, limit: number): Promise<DueCheck[]> {
    const rows = await this.db.$queryRaw<
      { handle: string; kind: DueCheck['kind']; own: string | null; stopped: boolean }[]
    >`
      SELECT c.handle, h.kind, a.line_id::text AS own, s.suppressed_at IS NOT NULL AS stopped
      FROM handle_checks c JOIN handles h ON h.value = c.handle
      LEFT JOIN assignments a ON a.user_id = h.user_id AND a.pool_id = c.pool_id
      LEFT JOIN suppressions s ON s.user_id = h.user_id
      WHERE c.pool_id = ${poolId}::uuid AND c.next_at <= ${date(now)}
      ORDER BY c.next_at, c.handle LIMIT ${limit}`;
    return rows.map(({ handle, kind, own, stopped }) => ({
      handle,
      kind,
      ownLineId: own,
      isStopped: stopped,
    }));
  }

  async busySlots(now: EpochMs): Promise<ReadonlyMap<string, EpochMs>> {
    const rows = await this.db.checkSlot.findMany({ where: { freeAt: { gt: date(now) } } });
    return new Map(rows.map(({ slot, freeAt }) => [slot, ms(freeAt)]));
  }

  /** The handle's row first: a slot is only taken by whoever has something to check in it. */
  async begin(
    handle: string,
    slot: string,
    now: EpochMs,
    until: EpochMs,
  ): Promise<BegunCheck | null> {
    const rows = await this.db.$queryRaw<{ asked_at: Date; attempts: number }[]>`
      WITH due AS (
        SELECT c.handle FROM handle_checks c
        WHERE c.handle = ${handle} AND c.next_at <= ${date(now)} AND NOT EXISTS (
          SELECT 1 FROM handles h JOIN suppressions s ON s.user_id = h.user_id
          WHERE h.value = c.handle AND s.suppressed_at IS NOT NULL)
        FOR UPDATE OF c SKIP LOCKED),
      taken AS (
        INSERT INTO check_slots (slot, free_at) SELECT ${slot}, ${date(until)} FROM due
        ON CONFLICT (slot) DO UPDATE SET free_at = excluded.free_at
        WHERE check_slots.free_at <= ${date(now)} RETURNING slot)
      UPDATE handle_checks c SET next_at = ${date(until)}, attempts = c.attempts + 1
      FROM due, taken WHERE c.handle = due.handle RETURNING c.asked_at, c.attempts`;
    const [row] = rows;
    if (!row) return null;
    const { attempts } = row;
    return { handle, slot, askedAt: ms(row.asked_at), attempts, heldUntil: until };
  }

  async takeSlot(slot: string, now: EpochMs, until: EpochMs): Promise<boolean> {
    const taken = await this.db.$executeRaw`
      INSERT INTO check_slots (slot, free_at) VALUES (${slot}, ${date(until)})
      ON CONFLICT (slot) DO UPDATE SET free_at = excluded.free_at
      WHERE check_slots.free_at <= ${date(now)}`;
    return taken === 1;
  }

  async endSlot(slot: string, heldUntil: EpochMs, at: EpochMs): Promise<void> {
    await this.db.checkSlot.updateMany({
      where: { slot, freeAt: date(heldUntil) },
      data: { freeAt: date(at) },
    });
  }

  async answered(
    check: BegunCheck,
    answer: { readonly imessage: boolean; readonly at: EpochMs; readonly expiresAt: EpochMs },
  ): Promise<void> {
    await this.end(check, {
      imessage: answer.imessage,
      checkedAt: date(answer.at),
      expiresAt: date(answer.expiresAt),
      attempts: 0,
      nextAt: null,
      problem: null,
    });
  }

  async again(check: BegunCheck, attempts: number, nextAt: EpochMs): Promise<void> {
    await this.end(check, { attempts, nextAt: date(nextAt) });
  }

  async giveUp(check: BegunCheck, problem: CheckProblem, restsUntil: EpochMs): Promise<void> {
    const expiresAt = date(restsUntil);
    await this.end(check, { imessage: null, expiresAt, attempts: 0, nextAt: null, problem });
  }

  async putOff(
    handles: readonly string[],
    now: EpochMs,
    nextAt: EpochMs,
    askedSince: EpochMs,
  ): Promise<void> {
    if (handles.length === 0) return;
    await this.db.$executeRaw`
      UPDATE handle_checks SET
        next_at = CASE WHEN asked_at >= ${date(askedSince)} THEN ${date(nextAt)}::timestamptz END,
        problem = CASE WHEN asked_at >= ${date(askedSince)} THEN NULL ELSE 'no-answer' END
      WHERE handle = ANY(${[...handles]}::text[]) AND next_at <= ${date(now)}`;
  }

  async drop(handles: readonly string[], now: EpochMs): Promise<void> {
    if (handles.length === 0) return;
    await this.db.handleCheck.updateMany({
      where: { handle: { in: [...handles] }, nextAt: { lte: date(now) } },
      data: { nextAt: null, attempts: 0, problem: 'opted-out' satisfies CheckProblem },
    });
  }

  private async end(check: BegunCheck, data: object): Promise<void> {
    const { handle, attempts, heldUntil } = check;
    await this.db.handleCheck.updateMany({
      where: { handle, attempts, nextAt: date(heldUntil) },
      data,
    });
  }
}

const FIRST_DUE: Prepared = {
  name: 'first-due-checks',
  text: `
  SELECT p.id::text AS pool_id, c.next_at AS at FROM pools p
  CROSS JOIN LATERAL (SELECT next_at FROM handle_checks
    WHERE pool_id = p.id AND next_at IS NOT NULL ORDER BY next_at LIMIT 1) c`,
};
