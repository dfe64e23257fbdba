import {
  type FailoverMoveRecord,
  type FailoverProgress,
  type FailoverRecord,
  type FailoverState,
  FailoverStore,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import type { Db } from '../database';
import type { Failover, FailoverMove } from '../generated/client';
import { columns, date, dateOrNull, ms, msOrNull } from '../values';

export class PrismaFailoverStore extends FailoverStore {
  constructor(private readonly db: Db) {
    super();
  }

  async insert(failover: FailoverRecord): Promise<boolean> {
    const inserted = await this.db.failover.createMany({
      data: [
        {
          ...failover,
          startedAt: date(failover.startedAt),
          etaAt: dateOrNull(failover.etaAt),
          deadline: dateOrNull(failover.deadline),
          finishedAt: dateOrNull(failover.finishedAt),
          updatedAt: date(failover.updatedAt),
          takenUpAt: dateOrNull(failover.takenUpAt),
        },
      ],
      skipDuplicates: true,
    });
    return inserted.count === 1;
  }

  async byId(id: string): Promise<FailoverRecord | null> {
    const row = await this.db.failover.findUnique({ where: { id } });
    return row && recordOf(row);
  }

  async list(page: {
    limit: number;
    after?: string;
    states?: readonly FailoverState[];
    lineId?: string;
    poolIds?: readonly string[];
  }): Promise<FailoverRecord[]> {
    const lineIds = await this.linesOf(page.poolIds ?? []);
    const rows = await this.db.failover.findMany({
      where: {
        ...(page.states === undefined ? {} : { state: { in: [...page.states] } }),
        ...(page.lineId === undefined ? {} : { lineId: page.lineId }),
        ...(lineIds === null ? {} : { AND: { lineId: { in: lineIds } } }),
        ...(page.after === undefined ? {} : { id: { lt: page.after } }),
      },
      orderBy: { id: 'desc' },
      take: page.limit,
    });
    return rows.map(recordOf);
  }

  /** Null for every line. */
  private async linesOf(poolIds: readonly string[]): Promise<string[] | null> {
    if (poolIds.length === 0) return null;
    const lines = await this.db.line.findMany({
      where: { poolId: { in: [...poolIds] } },
      select: { id: true },
    });
    return lines.map(({ id }) => id);
  }

  async change(
    id: string,
    change: Partial<
      Pick<
        FailoverRecord,
        | 'state'
        | 'usersMoved'
        | 'usersStranded'
        | 'usersWaiting'
        | 'usersTotal'
        | 'etaAt'
        | 'deadline'
        | 'finishedAt'
        | 'takenUpAt'
        | 'heldBecause'
        | 'groupsEscalatedHours'
      >
    >,
    at: EpochMs,
  ): Promise<void> {
    await this.db.failover.update({
      where: { id },
      data: {
        ...columns(change, ['etaAt', 'deadline', 'finishedAt', 'takenUpAt']),
        updatedAt: date(at),
      },
    });
  }

  async takeUp(at: EpochMs): Promise<boolean> {
    const taken = await this.db.$executeRaw`
      UPDATE failovers SET taken_up_at = ${date(at)}
      WHERE state = 'running' AND taken_up_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM environment WHERE frozen_at IS NOT NULL)`;
    return taken > 0;
  }

  async addMoves(moves: readonly FailoverMoveRecord[]): Promise<void> {
    await this.db.failoverMove.createMany({
      data: moves.map((move) => ({
        ...move,
        contactSlotAt: dateOrNull(move.contactSlotAt),
        contactedAt: dateOrNull(move.contactedAt),
        at: date(move.at),
      })),
      skipDuplicates: true,
    });
    const userIds = moves.map(({ userId }) => userId);
    const ids = [...new Set(moves.map(({ failoverId }) => failoverId))];
    await this.db.failoverMove.updateMany({
      where: { userId: { in: userIds }, failoverId: { notIn: ids }, state: 'moved' },
      data: { state: 'superseded' },
    });
  }

  async progress(ids: readonly string[]): Promise<Map<string, FailoverProgress>> {
    const rows = await this.db.$queryRaw<
      (Omit<FailoverProgress, 'lastSlotAt'> & { id: string; lastSlotAt: Date | null })[]
    >`
      SELECT failover_id::text AS id,
        (count(*) FILTER (WHERE state = 'moved' AND mode = 'push'))::int AS "contactsOpen",
        (count(*) FILTER (WHERE state = 'contacted'))::int AS "contactsMade",
        (count(*) FILTER (WHERE state = 'moved' AND mode = 'pull-only'))::int AS "pullOnly",
        (count(*) FILTER (WHERE state = 'superseded'))::int AS superseded,
        max(contact_slot_at) FILTER (WHERE state = 'moved') AS "lastSlotAt",
        coalesce(array_agg(DISTINCT to_line_id::text)
          FILTER (WHERE state = 'moved' AND mode = 'push'), '{}') AS "targetLineIds"
      FROM failover_moves WHERE failover_id = ANY(${[...ids]}::uuid[]) GROUP BY failover_id`;
    return new Map(
      rows.map(({ id, ...row }) => [id, { ...row, lastSlotAt: msOrNull(row.lastSlotAt) }]),
    );
  }

  async targetsSince(failoverId: string, since: EpochMs): Promise<string[]> {
    const rows = await this.db.failoverMove.findMany({
      where: { failoverId, at: { gt: date(since) }, toLineId: { not: null } },
      distinct: ['toLineId'],
      select: { toLineId: true },
    });
    return rows.flatMap(({ toLineId }) => toLineId ?? []);
  }

  async moves(
    failoverId: string,
    page: { limit: number; after?: string },
  ): Promise<FailoverMoveRecord[]> {
    const rows = await this.db.failoverMove.findMany({
      where: { failoverId, ...(page.after === undefined ? {} : { userId: { gt: page.after } }) },
      orderBy: { userId: 'asc' },
      take: page.limit,
    });
    return rows.map(moveOf);
  }

  async movesSince(failoverId: string, since: EpochMs): Promise<number> {
    return this.db.failoverMove.count({
      where: { failoverId, at: { gt: date(since) }, toLineId: { not: null } },
    });
  }

  async openMoveOf(userId: string): Promise<FailoverMoveRecord | null> {
    const row = await this.db.failoverMove.findFirst({
      where: { userId, state: 'moved' },
      orderBy: { at: 'desc' },
    });
    return row && moveOf(row);
  }

  async openSlots(
    lineIds: readonly string[],
    since: EpochMs,
  ): Promise<{ lineId: string; at: EpochMs }[]> {
    const rows = await this.db.failoverMove.findMany({
      where: {
        toLineId: { in: [...lineIds] },
        state: 'moved',
        contactSlotAt: { gte: date(since) },
      },
      select: { toLineId: true, contactSlotAt: true },
    });
    return rows.flatMap(({ toLineId, contactSlotAt }) =>
      toLineId && contactSlotAt ? [{ lineId: toLineId, at: ms(contactSlotAt) }] : [],
    );
  }

  async markContacted(userId: string, lineId: string, at: EpochMs): Promise<void> {
    await this.db.failoverMove.updateMany({
      where: { userId, toLineId: lineId, state: 'moved' },
      data: { state: 'contacted', contactedAt: date(at) },
    });
  }
}

function recordOf(row: Failover): FailoverRecord {
  return {
    ...row,
    cause: row.cause as FailoverRecord['cause'],
    state: row.state as FailoverState,
    startedAt: ms(row.startedAt),
    etaAt: msOrNull(row.etaAt),
    deadline: msOrNull(row.deadline),
    finishedAt: msOrNull(row.finishedAt),
    updatedAt: ms(row.updatedAt),
    takenUpAt: msOrNull(row.takenUpAt),
  };
}

function moveOf(row: FailoverMove): FailoverMoveRecord {
  return {
    ...row,
    mode: row.mode as FailoverMoveRecord['mode'],
    state: row.state as FailoverMoveRecord['state'],
    contactSlotAt: msOrNull(row.contactSlotAt),
    contactedAt: msOrNull(row.contactedAt),
    at: ms(row.at),
  };
}
