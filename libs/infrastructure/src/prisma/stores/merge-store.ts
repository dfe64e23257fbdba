import { MergeStore, type StoredRate } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import { ADVISORY_LOCKS } from '../../advisory-locks';
import type { Db } from '../database';
import { date } from '../values';

const SURENESS_ORDER = ['sent', 'delivered', 'known'];

export class PrismaMergeStore extends MergeStore {
  constructor(private readonly db: Db) {
    super();
  }

  async keepOut(): Promise<void> {
    await this.db
      .$executeRaw`SELECT pg_advisory_xact_lock_shared(${ADVISORY_LOCKS.people}::bigint)`;
  }

  async takePeople(): Promise<void> {
    await this.db.$executeRaw`SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.people}::bigint)`;
  }

  async lockUsers(userIds: readonly string[]): Promise<void> {
    await this.db
      .$queryRaw`SELECT id FROM users WHERE id = ANY(${[...userIds]}::uuid[]) ORDER BY id FOR UPDATE`;
  }

  async rates(userIds: readonly string[]): Promise<StoredRate[]> {
    const rows = await this.db.userRate.findMany({ where: { userId: { in: [...userIds] } } });
    return rows.map(({ userId, rateMessages, rateDays, closedDay }) => ({
      userId,
      rate: { messages: rateMessages, days: rateDays },
      closedDay,
    }));
  }

  async keepRate({ userId, rate, closedDay }: StoredRate): Promise<void> {
    const data = { rateMessages: rate.messages, rateDays: rate.days, closedDay };
    await this.db.userRate.upsert({
      where: { userId },
      create: { userId, ...data },
      update: data,
    });
  }

  async moveRows(sourceId: string, targetId: string): Promise<void> {
    const where = { userId: sourceId };
    const to = { where, data: { userId: targetId } };
    await this.db.handle.updateMany(to);
    await this.db.message.updateMany(to);
    await this.db.send.updateMany(to);
    await this.db.cardSent.updateMany(to);
    await this.db.cardMessage.updateMany(to);
    await this.moveWaiting(sourceId, targetId);
    await this.moveConversations(sourceId, targetId);
    await this.moveKnownNumbers(sourceId, targetId);
    await this.moveDays(sourceId, targetId);
    await this.moveFailoverMoves(sourceId, targetId);
    await this.db.suppression.deleteMany({ where });
    await this.db.userRate.deleteMany({ where });
  }

  private async moveConversations(sourceId: string, targetId: string): Promise<void> {
    await this.db.$executeRaw`
      UPDATE conversations c SET user_id = ${targetId}::uuid
      WHERE c.user_id = ${sourceId}::uuid AND NOT EXISTS (
        SELECT 1 FROM conversations t WHERE t.user_id = ${targetId}::uuid AND t.pool_id = c.pool_id)`;
    await this.db.$executeRaw`
      UPDATE chats SET conversation_id = t.id
      FROM conversations s JOIN conversations t
        ON t.pool_id = s.pool_id AND t.user_id = ${targetId}::uuid
      WHERE s.user_id = ${sourceId}::uuid AND chats.conversation_id = s.id`;
    await this.db.conversation.deleteMany({ where: { userId: sourceId } });
  }

  private async moveKnownNumbers(sourceId: string, targetId: string): Promise<void> {
    await this.db.$executeRaw`
      INSERT INTO known_numbers AS k (user_id, line_id, sureness, position, first_at, updated_at)
      SELECT ${targetId}::uuid, line_id, sureness, position, first_at, updated_at
      FROM known_numbers WHERE user_id = ${sourceId}::uuid
      ON CONFLICT (user_id, line_id) DO UPDATE SET
        sureness = CASE WHEN array_position(${SURENESS_ORDER}::text[], excluded.sureness)
            > array_position(${SURENESS_ORDER}::text[], k.sureness)
          THEN excluded.sureness ELSE k.sureness END,
        position = least(k.position, excluded.position),
        first_at = least(k.first_at, excluded.first_at),
        updated_at = greatest(k.updated_at, excluded.updated_at)`;
    await this.db.knownNumber.deleteMany({ where: { userId: sourceId } });
  }

  private async moveDays(sourceId: string, targetId: string): Promise<void> {
    await this.db.$executeRaw`
      INSERT INTO user_days AS d (user_id, day, "in", out)
      SELECT ${targetId}::uuid, day, "in", out FROM user_days WHERE user_id = ${sourceId}::uuid
      ON CONFLICT (user_id, day) DO UPDATE SET
        "in" = d."in" + excluded."in", out = d.out + excluded.out`;
    await this.db.userDay.deleteMany({ where: { userId: sourceId } });
  }

  /** Where both were moved by one failover, the move to a line they still stand on tells where the person went. */
  private async moveFailoverMoves(sourceId: string, targetId: string): Promise<void> {
    await this.db.$executeRaw`
      DELETE FROM failover_moves m
      USING failover_moves other
      WHERE other.failover_id = m.failover_id AND (
        (m.user_id = ${targetId}::uuid AND other.user_id = ${sourceId}::uuid
          AND other.to_line_id IN (SELECT line_id FROM assignments
            WHERE user_id = ${targetId}::uuid AND state <> 'released')
          AND m.to_line_id IS DISTINCT FROM other.to_line_id)
        OR (m.user_id = ${sourceId}::uuid AND other.user_id = ${targetId}::uuid
          AND (other.to_line_id IS NOT DISTINCT FROM m.to_line_id OR m.to_line_id IS NULL OR m.to_line_id NOT IN (
            SELECT line_id FROM assignments
            WHERE user_id = ${targetId}::uuid AND state <> 'released'))))`;
    await this.db.failoverMove.updateMany({
      where: { userId: sourceId },
      data: { userId: targetId },
    });
  }

  /** One person waits once, at the earlier of two places. */
  private async moveWaiting(sourceId: string, targetId: string): Promise<void> {
    await this.db.$executeRaw`
      DELETE FROM wait_list w USING wait_list o
      WHERE w.pool_id = o.pool_id AND w.seq > o.seq
        AND w.user_id = ANY(${[sourceId, targetId]}::uuid[])
        AND o.user_id = ANY(${[sourceId, targetId]}::uuid[])`;
    await this.db.waiting.updateMany({
      where: { userId: sourceId },
      data: { userId: targetId },
    });
  }

  async dropMootSlots(userId: string): Promise<void> {
    await this.db.$executeRaw`
      UPDATE failover_moves SET contact_slot_at = NULL
      WHERE user_id = ${userId}::uuid AND state = 'moved' AND contact_slot_at IS NOT NULL
        AND to_line_id NOT IN (SELECT line_id FROM assignments
          WHERE user_id = ${userId}::uuid AND state <> 'released')`;
  }

  async redirect(sourceId: string, targetId: string, at: EpochMs): Promise<void> {
    // Unique: the alias lets go of it before the target takes it.
    const [moved] = await this.db.$queryRaw<{ external_id: string }[]>`
      UPDATE users s SET external_id = NULL
      FROM users t, (SELECT id, external_id FROM users WHERE id = ${sourceId}::uuid) was
      WHERE s.id = was.id AND t.id = ${targetId}::uuid AND t.external_id IS NULL
        AND was.external_id IS NOT NULL
      RETURNING was.external_id`;
    await this.db.$executeRaw`
      UPDATE users t SET
        external_id = coalesce(t.external_id, ${moved?.external_id ?? null}),
        time_zone = coalesce(t.time_zone, s.time_zone),
        consent = coalesce(t.consent, s.consent),
        expected_per_day = coalesce(t.expected_per_day, s.expected_per_day),
        discovered = t.discovered AND s.discovered,
        labels = t.labels || (SELECT coalesce(jsonb_agg(label), '[]')
          FROM jsonb_array_elements(s.labels) label WHERE NOT t.labels @> label)
      FROM users s WHERE t.id = ${targetId}::uuid AND s.id = ${sourceId}::uuid`;
    await this.db.$executeRaw`
      UPDATE users SET time_zone = NULL, consent = NULL, expected_per_day = NULL, labels = '[]',
        merged_into = ${targetId}::uuid, merged_at = ${date(at)}
      WHERE id = ${sourceId}::uuid`;
    await this.db.user.updateMany({
      where: { mergedInto: sourceId },
      data: { mergedInto: targetId },
    });
  }
}
