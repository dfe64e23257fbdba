import {
  type AssignmentChange,
  type AssignmentHistoryEntry,
  type AssignmentRecord,
  type AssignmentState,
  AssignmentStore,
  type ChangeContext,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Ask, Db, Prepared } from '../database';
import type { Prisma } from '../generated/client';
import { rowFromJson } from '../json-rows';
import { packed, unpacked } from '../packed-json';
import { columns, date, dateOrNull, json, ms, msOrNull, num } from '../values';

const WITH_FALLBACKS = { fallbacks: { orderBy: { position: 'asc' } } } as const;
type AssignmentRow = Prisma.AssignmentGetPayload<{ include: typeof WITH_FALLBACKS }>;

const INSTANTS = [
  'expiresAt',
  'firstSendAt',
  'confirmedAt',
  'needsIntroductionSince',
  'lastMovedAt',
] as const;

export class PrismaAssignmentStore extends AssignmentStore {
  constructor(
    private readonly db: Db,
    private readonly ask: Ask,
  ) {
    super();
  }

  async insert(assignment: AssignmentRecord, context: ChangeContext): Promise<boolean> {
    const { fallbackLineIds, ...row } = assignment;
    const inserted = await this.db.assignment.createMany({
      data: [
        {
          ...row,
          explanation: json(packed(row.explanation)),
          expiresAt: dateOrNull(row.expiresAt),
          firstSendAt: dateOrNull(row.firstSendAt),
          confirmedAt: dateOrNull(row.confirmedAt),
          needsIntroductionSince: dateOrNull(row.needsIntroductionSince),
          lastMovedAt: dateOrNull(row.lastMovedAt),
          createdAt: date(row.createdAt),
          updatedAt: date(row.updatedAt),
        },
      ],
      skipDuplicates: true,
    });
    if (inserted.count === 0) return false;
    await this.insertFallbacks(row.id, fallbackLineIds);
    await this.appendHistory(row.id, row.epoch, null, row, context);
    return true;
  }

  async insertAll(
    places: readonly { assignment: AssignmentRecord; context: ChangeContext }[],
  ): Promise<void> {
    const column = <T>(of: (assignment: AssignmentRecord) => T): T[] =>
      places.map(({ assignment }) => of(assignment));
    await this.db.$executeRaw`
      INSERT INTO assignments (id, pool_id, user_id, line_id, epoch, state, started_by, expires_at,
        first_send_at, confirmed_at, pinned, mean_milli, variance_milli, policy_version, explanation,
        needs_introduction_since, escalated_hours, last_moved_at, created_at, updated_at)
      SELECT * FROM unnest(
        ${column(({ id }) => id)}::uuid[], ${column(({ poolId }) => poolId)}::uuid[],
        ${column(({ userId }) => userId)}::uuid[], ${column(({ lineId }) => lineId)}::uuid[],
        ${column(({ epoch }) => epoch)}::int[], ${column(({ state }) => state)}::text[],
        ${column(({ startedBy }) => startedBy)}::text[],
        ${column(({ expiresAt }) => dateOrNull(expiresAt))}::timestamptz[],
        ${column(({ firstSendAt }) => dateOrNull(firstSendAt))}::timestamptz[],
        ${column(({ confirmedAt }) => dateOrNull(confirmedAt))}::timestamptz[],
        ${column(({ pinned }) => pinned)}::boolean[],
        ${column(({ meanMilli }) => meanMilli)}::bigint[],
        ${column(({ varianceMilli }) => varianceMilli)}::bigint[],
        ${column(({ policyVersion }) => policyVersion)}::int[],
        ${column(({ explanation }) => JSON.stringify(packed(explanation)))}::jsonb[],
        ${column(({ needsIntroductionSince: at }) => dateOrNull(at))}::timestamptz[],
        ${column(({ escalatedHours }) => escalatedHours)}::int[],
        ${column(({ lastMovedAt }) => dateOrNull(lastMovedAt))}::timestamptz[],
        ${column(({ createdAt }) => date(createdAt))}::timestamptz[],
        ${column(({ updatedAt }) => date(updatedAt))}::timestamptz[])`;
    const fallbacks = places.flatMap(({ assignment: { id, fallbackLineIds } }) =>
      fallbackLineIds.map((lineId, position) => ({ id, lineId, position })),
    );
    await this.db.$executeRaw`
      INSERT INTO assignment_fallbacks (assignment_id, position, line_id)
      SELECT * FROM unnest(
        ${fallbacks.map(({ id }) => id)}::uuid[],
        ${fallbacks.map(({ position }) => position)}::int[],
        ${fallbacks.map(({ lineId }) => lineId)}::uuid[])`;
    await this.db.$executeRaw`
      INSERT INTO assignment_history (assignment_id, epoch, to_line_id, to_state, actor, reason,
        policy_version, failover_id, at)
      SELECT * FROM unnest(
        ${column(({ id }) => id)}::uuid[], ${column(({ epoch }) => epoch)}::int[],
        ${column(({ lineId }) => lineId)}::uuid[], ${column(({ state }) => state)}::text[],
        ${places.map(({ context }) => context.actor)}::text[],
        ${places.map(({ context }) => context.reason)}::text[],
        ${places.map(({ context }) => context.policyVersion)}::int[],
        ${places.map(({ context }) => context.failoverId ?? null)}::uuid[],
        ${places.map(({ context }) => date(context.at))}::timestamptz[])`;
  }

  async byId(id: string): Promise<AssignmentRecord | null> {
    const row = await this.db.assignment.findUnique({ where: { id }, include: WITH_FALLBACKS });
    return row && recordOf(row);
  }

  async of(userId: string, poolId: string): Promise<AssignmentRecord | null> {
    const row = await this.db.assignment.findUnique({
      where: { poolId_userId: { poolId, userId } },
      include: WITH_FALLBACKS,
    });
    return row && recordOf(row);
  }

  /** One round trip: on the path of every message. */
  async ofUsers(userIds: readonly string[]): Promise<AssignmentRecord[]> {
    const rows = await this.ask<Record<string, unknown> & { line_ids: string[] }>(OF_USERS, [
      userIds,
    ]);
    return rows.map(({ line_ids: lineIds, ...row }) =>
      recordOf({
        ...(rowFromJson(row) as unknown as AssignmentRow),
        fallbacks: lineIds.map((lineId, position) => ({
          assignmentId: String(row['id']),
          position,
          lineId,
        })),
      }),
    );
  }

  onLine(lineId: string, page: { limit: number; after?: string }): Promise<AssignmentRecord[]> {
    return this.find({ lineId, state: { not: 'released' } }, page);
  }

  placed(page: { limit: number; after?: string }): Promise<AssignmentRecord[]> {
    return this.find({ state: { not: 'released' } }, page);
  }

  async toMove(
    lineId: string,
    limit: number,
    exceptUserIds: readonly string[],
  ): Promise<AssignmentRecord[]> {
    const rows = await this.db.$queryRaw<{ id: string }[]>`
      SELECT a.id FROM assignments a
      LEFT JOIN conversations c ON c.pool_id = a.pool_id AND c.user_id = a.user_id
      WHERE a.line_id = ${lineId}::uuid AND a.state IN ('reserved', 'confirmed', 'overflow')
        AND a.user_id <> ALL(${[...exceptUserIds]}::uuid[])
      ORDER BY coalesce((SELECT h.service IN ('SMS', 'RCS') FROM chats h
          WHERE h.conversation_id = c.id AND h.line_id = a.line_id AND NOT h.is_group
          ORDER BY h.last_activity_at DESC LIMIT 1), false),
        c.last_inbound_at DESC NULLS LAST, a.id LIMIT ${limit}`;
    return this.find({ id: { in: rows.map(({ id }) => id) } });
  }

  async withoutSuccessor(
    lineId: string,
    successorId: string,
    limit: number,
  ): Promise<AssignmentRecord[]> {
    const rows = await this.db.$queryRaw<{ id: string }[]>`
      SELECT a.id FROM assignments a
      WHERE a.id IN (
          SELECT o.id FROM assignments o WHERE o.line_id = ${lineId}::uuid
          UNION SELECT f.assignment_id FROM assignment_fallbacks f WHERE f.line_id = ${lineId}::uuid)
        AND a.state <> 'released' AND a.line_id <> ${successorId}::uuid
        AND NOT EXISTS (SELECT 1 FROM assignment_fallbacks f
          WHERE f.assignment_id = a.id AND f.line_id = ${successorId}::uuid)
      ORDER BY a.id LIMIT ${limit}`;
    return this.find({ id: { in: rows.map(({ id }) => id) } });
  }

  inState(
    state: AssignmentState,
    page: { limit: number; after?: string },
  ): Promise<AssignmentRecord[]> {
    return this.find({ state }, page);
  }

  async expired(now: EpochMs, limit: number): Promise<AssignmentRecord[]> {
    const rows = await this.db.$queryRaw<{ id: string }[]>`
      SELECT id FROM assignments
      WHERE state IN ('reserved', 'needs-introduction') AND expires_at <= ${date(now)} AND first_send_at IS NULL
      ORDER BY expires_at LIMIT ${limit} FOR UPDATE SKIP LOCKED`;
    return this.find({ id: { in: rows.map(({ id }) => id) } });
  }

  async change(
    id: string,
    epoch: number,
    change: AssignmentChange,
    context: ChangeContext,
  ): Promise<boolean> {
    const before = await this.db.assignment.findUnique({
      where: { id },
      select: { epoch: true, lineId: true, state: true },
    });
    if (before?.epoch !== epoch) return false;
    const changed = await this.db.assignment.updateMany({
      where: { id, epoch },
      data: {
        ...columns(change, INSTANTS),
        ...(change.explanation === undefined
          ? {}
          : { explanation: json(packed(change.explanation)) }),
        epoch: epoch + 1,
        policyVersion: context.policyVersion,
        updatedAt: date(context.at),
      },
    });
    if (changed.count === 0) return false;
    const after = {
      lineId: change.lineId ?? before.lineId,
      state: change.state ?? before.state,
    };
    await this.appendHistory(id, epoch + 1, before, after, context);
    return true;
  }

  async markEscalated(id: string, hours: number): Promise<boolean> {
    const marked = await this.db.assignment.updateMany({
      where: { id, state: 'needs-introduction', escalatedHours: { lt: hours } },
      data: { escalatedHours: hours },
    });
    return marked.count === 1;
  }

  async replaceFallbacks(id: string, lineIds: readonly string[]): Promise<void> {
    await this.db.assignmentFallback.deleteMany({ where: { assignmentId: id } });
    await this.insertFallbacks(id, lineIds);
  }

  async movedIn(lineIds: readonly string[], since: EpochMs): Promise<Map<string, number>> {
    const rows = await this.db.assignment.groupBy({
      by: ['lineId'],
      where: {
        lineId: { in: [...lineIds] },
        state: { not: 'released' },
        lastMovedAt: { gt: date(since) },
      },
      _sum: { meanMilli: true },
    });
    return new Map(rows.map(({ lineId, _sum }) => [lineId, Number(_sum.meanMilli ?? 0n)]));
  }

  movedSince(poolId: string, reasonPrefix: string, since: EpochMs): Promise<number> {
    return this.db.assignmentHistory.count({
      where: {
        at: { gt: date(since) },
        reason: { startsWith: reasonPrefix },
        assignment: { poolId },
      },
    });
  }

  async history(id: string): Promise<AssignmentHistoryEntry[]> {
    const rows = await this.db.assignmentHistory.findMany({
      where: { assignmentId: id },
      orderBy: { epoch: 'asc' },
    });
    return rows.map((row) => ({ ...row, at: ms(row.at) }));
  }

  async putCode({
    assignmentId,
    ...code
  }: {
    codeHash: string;
    assignmentId: string;
    keyId: string | null;
    createdAt: EpochMs;
    expiresAt: EpochMs;
  }): Promise<void> {
    const fresh = {
      ...code,
      createdAt: date(code.createdAt),
      expiresAt: date(code.expiresAt),
      usedAt: null,
    };
    await this.db.reservationCode.upsert({
      where: { assignmentId },
      create: { assignmentId, ...fresh },
      update: fresh,
    });
  }

  async takeCode(codeHash: string, now: EpochMs): Promise<AssignmentRecord | null> {
    const rows = await this.db.$queryRaw<{ assignment_id: string }[]>`
      UPDATE reservation_codes SET used_at = ${date(now)}
      WHERE code_hash = ${codeHash} AND used_at IS NULL AND expires_at > ${date(now)}
      RETURNING assignment_id`;
    const taken = rows[0];
    return taken ? this.byId(taken.assignment_id) : null;
  }

  openCodes(keyId: string | null, besides: string, now: EpochMs): Promise<number> {
    return this.db.reservationCode.count({
      where: {
        keyId,
        usedAt: null,
        expiresAt: { gt: date(now) },
        assignmentId: { not: besides },
      },
    });
  }

  private async find(
    where: Prisma.AssignmentWhereInput,
    page?: { limit: number; after?: string },
  ): Promise<AssignmentRecord[]> {
    const rows = await this.db.assignment.findMany({
      where: { ...where, ...(page?.after === undefined ? {} : { id: { gt: page.after } }) },
      include: WITH_FALLBACKS,
      orderBy: { id: 'asc' },
      ...(page ? { take: page.limit } : {}),
    });
    return rows.map(recordOf);
  }

  private async insertFallbacks(assignmentId: string, lineIds: readonly string[]): Promise<void> {
    if (lineIds.length === 0) return;
    await this.db.assignmentFallback.createMany({
      data: lineIds.map((lineId, position) => ({ assignmentId, position, lineId })),
    });
  }

  private async appendHistory(
    assignmentId: string,
    epoch: number,
    before: { lineId: string; state: string } | null,
    after: { lineId: string; state: string },
    context: ChangeContext,
  ): Promise<void> {
    await this.db.assignmentHistory.create({
      data: {
        assignmentId,
        epoch,
        fromLineId: before?.lineId ?? null,
        toLineId: after.lineId,
        fromState: before?.state ?? null,
        toState: after.state,
        actor: context.actor,
        reason: context.reason,
        policyVersion: context.policyVersion,
        failoverId: context.failoverId ?? null,
        at: date(context.at),
      },
    });
  }
}

const OF_USERS: Prepared = {
  name: 'assignments-of-users',
  text: `
  SELECT a.*, ARRAY(SELECT f.line_id FROM assignment_fallbacks f
    WHERE f.assignment_id = a.id ORDER BY f.position) AS line_ids
  FROM assignments a WHERE a.user_id = ANY($1::uuid[])`,
};

function recordOf(row: AssignmentRow): AssignmentRecord {
  const { fallbacks, ...columnsOfRow } = row;
  return {
    ...columnsOfRow,
    state: row.state as AssignmentState,
    startedBy: row.startedBy as AssignmentRecord['startedBy'],
    explanation: unpacked(row.explanation),
    meanMilli: num(row.meanMilli),
    varianceMilli: num(row.varianceMilli),
    expiresAt: msOrNull(row.expiresAt),
    firstSendAt: msOrNull(row.firstSendAt),
    confirmedAt: msOrNull(row.confirmedAt),
    needsIntroductionSince: msOrNull(row.needsIntroductionSince),
    lastMovedAt: msOrNull(row.lastMovedAt),
    createdAt: ms(row.createdAt),
    updatedAt: ms(row.updatedAt),
    fallbackLineIds: fallbacks.map(({ lineId }) => lineId),
  };
}
