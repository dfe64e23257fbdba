import {
  type ApiVersion,
  type EarlierVersion,
  type LineChange,
  type LineFilter,
  type LinePair,
  type LineRecord,
  LineStore,
  type LoadDelta,
  type ObservedLine,
} from '@linekeeper/application';
import { epochHour, type EpochMs, type FleetPolicy, todayCap } from '@linekeeper/domain';
import type { Ask, Db } from '../database';
import type { Line, Prisma } from '../generated/client';
import { type LineVersions, linesSeen } from '../line-versions';
import { columns, date, dateOrNull, ms, msOrNull, num } from '../values';

const INSTANTS = [
  'providerStatusAt',
  'reputationSeenAt',
  'warmingUntil',
  'activatedAt',
  'ejectedAt',
  'bannedUntil',
  'rampHoldUntil',
  'drainDeadline',
  'maintenanceFrom',
  'maintenanceClosesAt',
  'maintenanceUntil',
  'maintenanceEndedAt',
  'capabilityAt',
  'missingSince',
  'listedAt',
] as const;

export class PrismaLineStore extends LineStore {
  constructor(
    private readonly db: Db,
    private readonly ask: Ask,
    private readonly rows: LineVersions,
  ) {
    super();
  }

  all(): Promise<LineRecord[]> {
    return linesSeen(this.rows, this.ask);
  }

  async insert(line: LineRecord): Promise<void> {
    await this.db.line.create({
      data: {
        ...line,
        earlierVersions: jsonOf(line.earlierVersions),
        listedAt: dateOrNull(line.listedAt),
        providerStatusAt: dateOrNull(line.providerStatusAt),
        reputationSeenAt: dateOrNull(line.reputationSeenAt),
        warmingUntil: dateOrNull(line.warmingUntil),
        activatedAt: dateOrNull(line.activatedAt),
        ejectedAt: dateOrNull(line.ejectedAt),
        bannedUntil: dateOrNull(line.bannedUntil),
        rampHoldUntil: dateOrNull(line.rampHoldUntil),
        drainDeadline: dateOrNull(line.drainDeadline),
        maintenanceFrom: dateOrNull(line.maintenanceFrom),
        maintenanceClosesAt: dateOrNull(line.maintenanceClosesAt),
        maintenanceUntil: dateOrNull(line.maintenanceUntil),
        maintenanceEndedAt: dateOrNull(line.maintenanceEndedAt),
        capabilityAt: dateOrNull(line.capabilityAt),
        missingSince: dateOrNull(line.missingSince),
        waivedChecks: [...line.waivedChecks],
        createdAt: date(line.createdAt),
        updatedAt: date(line.updatedAt),
      },
    });
  }

  async byId(id: string): Promise<LineRecord | null> {
    const row = await this.db.line.findUnique({ where: { id } });
    return row && lineRecordOf(row);
  }

  async byIds(ids: readonly string[]): Promise<LineRecord[]> {
    const rows = await this.db.line.findMany({ where: { id: { in: [...ids] } } });
    return rows.map(lineRecordOf);
  }

  async byPhoneNumber(phoneNumber: string): Promise<LineRecord | null> {
    const row = await this.db.line.findUnique({ where: { phoneNumber } });
    return row && lineRecordOf(row);
  }

  async byPhoneNumbers(phoneNumbers: readonly string[]): Promise<LineRecord[]> {
    const rows = await this.db.line.findMany({ where: { phoneNumber: { in: [...phoneNumbers] } } });
    return rows.map(lineRecordOf);
  }

  async versions(phoneNumbers?: readonly string[]): Promise<Map<string, ApiVersion>> {
    const rows = await this.db.line.findMany({
      where: phoneNumbers === undefined ? {} : { phoneNumber: { in: [...phoneNumbers] } },
      select: { phoneNumber: true, apiVersion: true },
    });
    return new Map(
      rows.map(({ phoneNumber, apiVersion }) => [phoneNumber, apiVersion as ApiVersion]),
    );
  }

  async list(filter: LineFilter = {}): Promise<LineRecord[]> {
    const where: Prisma.LineWhereInput = {
      ...(filter.poolId === undefined ? {} : { poolId: filter.poolId }),
      ...(filter.adminStates === undefined ? {} : { adminState: { in: [...filter.adminStates] } }),
      ...(filter.reputation === undefined ? {} : { reputation: filter.reputation }),
    };
    const rows = await this.db.line.findMany({ where, orderBy: { phoneNumber: 'asc' } });
    return rows.map(lineRecordOf);
  }

  async views(
    poolId: string | null,
    at: { readonly now: EpochMs; readonly day: string; readonly policy: FleetPolicy },
  ): Promise<ObservedLine[]> {
    const { now, day, policy } = at;
    const rows = await this.rows.inUse(poolId, epochHour(now) - 24, this.ask);
    return rows.map(({ line, used: usedLast24h, maxDailyUse7d }) => ({
      ...line,
      maxDailyUse7d,
      usedLast24h,
      todayCap: todayCap(line, maxDailyUse7d, policy),
      newUsersToday: line.newUsersDay === day ? line.newUsersToday : 0,
    }));
  }

  async change(
    id: string,
    change: LineChange,
    { at, raiseEpoch }: { at: EpochMs; raiseEpoch: boolean },
  ): Promise<void> {
    await this.db.line.update({
      where: { id },
      data: {
        ...columns(change, INSTANTS),
        ...(change.earlierVersions && { earlierVersions: jsonOf(change.earlierVersions) }),
        ...(raiseEpoch ? { epoch: { increment: 1 } } : {}),
        updatedAt: date(at),
      },
    });
  }

  async seen(
    ids: readonly string[],
    withReputation: readonly string[],
    at: EpochMs,
  ): Promise<void> {
    await this.db.$executeRaw`
      UPDATE lines SET listed_at = ${date(at)},
        reputation_seen_at = CASE WHEN id = ANY(${[...withReputation]}::uuid[])
          THEN ${date(at)} ELSE reputation_seen_at END
      WHERE id = ANY(${[...ids]}::uuid[])`;
  }

  async addLoad(deltas: readonly LoadDelta[], day: string, at: EpochMs): Promise<void> {
    if (deltas.length === 0) return;
    const sums = merged(deltas);
    await this.db.$executeRaw`
      UPDATE lines l SET
        users = l.users + d.users,
        mean_milli = l.mean_milli + d.mean,
        variance_milli = l.variance_milli + d.variance,
        fallback_users = l.fallback_users + d.fallbacks,
        new_users_today = CASE WHEN d.fresh = 0 THEN l.new_users_today
          WHEN l.new_users_day = ${day} THEN l.new_users_today + d.fresh ELSE d.fresh END,
        new_users_day = CASE WHEN d.fresh = 0 THEN l.new_users_day ELSE ${day} END,
        updated_at = ${date(at)}
      FROM (SELECT * FROM unnest(
        ${sums.map((d) => d.lineId)}::uuid[], ${sums.map((d) => d.users)}::int[],
        ${sums.map((d) => d.meanMilli)}::bigint[], ${sums.map((d) => d.varianceMilli)}::bigint[],
        ${sums.map((d) => d.fallbackUsers)}::int[], ${sums.map((d) => d.newUsers)}::int[]
      ) AS t(id, users, mean, variance, fallbacks, fresh)) d
      WHERE l.id = d.id`;
    const pairs = pairsOf(deltas);
    if (pairs.length === 0) return;
    await this.db.$executeRaw`
      INSERT INTO line_pairs AS p (line_id, fallback_id, users)
      SELECT * FROM unnest(${pairs.map((p) => p.lineId)}::uuid[],
        ${pairs.map((p) => p.fallbackId)}::uuid[], ${pairs.map((p) => p.users)}::int[])
      ON CONFLICT (fallback_id, line_id) DO UPDATE SET users = p.users + excluded.users`;
  }
}

/** How the people change who stand on one line and hold another: one row a pair, none where nothing changes. */
function pairsOf(deltas: readonly LoadDelta[]): LinePair[] {
  const pairs = new Map<string, LinePair>();
  for (const { primaryLineId: lineId, lineId: fallbackId, fallbackUsers } of deltas) {
    if (lineId === undefined) continue;
    const key = `${lineId} ${fallbackId}`;
    const users = (pairs.get(key)?.users ?? 0) + fallbackUsers;
    pairs.set(key, { lineId, fallbackId, users });
  }
  return [...pairs.values()].filter(({ users }) => users !== 0);
}

/** One delta a line: an UPDATE ... FROM takes only one row for each of its targets. */
function merged(deltas: readonly LoadDelta[]): LoadDelta[] {
  const byLine = new Map<string, LoadDelta>();
  for (const delta of deltas) {
    const sum = byLine.get(delta.lineId);
    byLine.set(delta.lineId, {
      lineId: delta.lineId,
      users: delta.users + (sum?.users ?? 0),
      meanMilli: delta.meanMilli + (sum?.meanMilli ?? 0),
      varianceMilli: delta.varianceMilli + (sum?.varianceMilli ?? 0),
      fallbackUsers: delta.fallbackUsers + (sum?.fallbackUsers ?? 0),
      newUsers: delta.newUsers + (sum?.newUsers ?? 0),
    });
  }
  return [...byLine.values()];
}

const jsonOf = (versions: readonly EarlierVersion[]): Prisma.InputJsonValue =>
  versions.map(({ version, until }) => ({ version, until }));

export function lineRecordOf(row: Line): LineRecord {
  return {
    ...row,
    adminState: row.adminState as LineRecord['adminState'],
    adminStateBy: row.adminStateBy as LineRecord['adminStateBy'],
    health: row.health as LineRecord['health'],
    healthBy: row.healthBy as LineRecord['healthBy'],
    providerStatus: row.providerStatus as LineRecord['providerStatus'],
    reputation: row.reputation as LineRecord['reputation'],
    apiVersion: row.apiVersion as ApiVersion,
    budgetBand: row.budgetBand as LineRecord['budgetBand'],
    earlierVersions: row.earlierVersions as unknown as EarlierVersion[],
    meanMilli: num(row.meanMilli),
    varianceMilli: num(row.varianceMilli),
    listedAt: msOrNull(row.listedAt),
    providerStatusAt: msOrNull(row.providerStatusAt),
    reputationSeenAt: msOrNull(row.reputationSeenAt),
    warmingUntil: msOrNull(row.warmingUntil),
    activatedAt: msOrNull(row.activatedAt),
    ejectedAt: msOrNull(row.ejectedAt),
    bannedUntil: msOrNull(row.bannedUntil),
    rampHoldUntil: msOrNull(row.rampHoldUntil),
    drainDeadline: msOrNull(row.drainDeadline),
    maintenanceFrom: msOrNull(row.maintenanceFrom),
    maintenanceClosesAt: msOrNull(row.maintenanceClosesAt),
    maintenanceUntil: msOrNull(row.maintenanceUntil),
    maintenanceEndedAt: msOrNull(row.maintenanceEndedAt),
    capabilityAt: msOrNull(row.capabilityAt),
    missingSince: msOrNull(row.missingSince),
    maintenanceMode: row.maintenanceMode as LineRecord['maintenanceMode'],
    maintenanceResume: row.maintenanceResume as LineRecord['maintenanceResume'],
    capability: row.capability as LineRecord['capability'],
    autoTyping: row.autoTyping as LineRecord['autoTyping'],
    createdAt: ms(row.createdAt),
    updatedAt: ms(row.updatedAt),
  };
}
