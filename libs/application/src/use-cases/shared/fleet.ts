import {
  admissionCap,
  budgetDay,
  budgetDayStart,
  type FleetSnapshot,
  isContagion,
  type LineView,
  nextDay,
  slowStartShare,
} from '@linekeeper/domain';
import type { LineRecord, PoolRecord, Stores } from '../../ports';
import { Refusal } from '../../refusal';
import type { Decision } from './decision';
import { basisOf, type ForecastBasis, newcomerOutlook } from './forecast-basis';
import { EVERY_POOL, type PoolScope, sees } from './scope';

/** The running budget day of a pool. */
export function runningDay(pool: Pick<PoolRecord, 'timeZone'>, decision: Decision): string {
  return budgetDay(decision.now, pool.timeZone, decision.policy.budget.dayStartHour);
}

/** A line with its two caps: today's, which the send gate keeps, and the one that admission fills it up to. */
export interface FleetLine extends LineRecord, LineView {
  readonly admissionCap: number;
  /** The most messages that it carried on one of its last seven closed days. */
  readonly maxDailyUse7d: number;
}

/** The lines of a pool as decisions see them now. */
export async function viewsOf(
  stores: Stores,
  pool: PoolRecord,
  decision: Decision,
): Promise<FleetLine[]> {
  const { now, policy } = decision;
  const day = runningDay(pool, decision);
  const { prior } = basisOf(pool, policy);
  const lines = await stores.lines.views(pool.id, { now, day, policy });
  return lines.map((line) => ({
    ...line,
    admissionCap: admissionCap(line, line.maxDailyUse7d, policy, prior),
  }));
}

/** The lines as decisions about load see them: the cap of each is the one that admission fills it up to. */
export function forAdmission(lines: readonly FleetLine[]): LineView[] {
  return lines.map(({ admissionCap: todayCap, ...line }) => ({ ...line, todayCap }));
}

/** The lines that somebody may be put on, and what their forecasts rest on. */
export interface PlacementSnapshot extends FleetSnapshot, ForecastBasis {
  readonly outlook: ForecastBasis['outlook'];
  readonly prior: ForecastBasis['prior'];
}

/** Everything placement may look at, read once. */
export async function snapshotOf(
  stores: Stores,
  pool: PoolRecord,
  decision: Decision,
): Promise<PlacementSnapshot> {
  return snapshotFrom(await viewsOf(stores, pool, decision), pool, decision);
}

/** The same out of lines that were read already. */
export function snapshotFrom(
  lines: readonly FleetLine[],
  pool: PoolRecord,
  decision: Decision,
): PlacementSnapshot {
  const { dayStartHour } = decision.policy.budget;
  const tomorrow = nextDay(runningDay(pool, decision));
  return {
    now: decision.now,
    lines: forAdmission(lines),
    nextDayAt: budgetDayStart(tomorrow, pool.timeZone, dayStartHour),
    ...basisOf(pool, decision.policy),
  };
}

/**
 * The same to those who place newcomers: of them less is known than of those who are there, so their days are riskier.
 * Who moves somebody that is known takes the snapshot as it is.
 */
export function forNewcomers(snapshot: PlacementSnapshot): PlacementSnapshot {
  return { ...snapshot, outlook: newcomerOutlook(snapshot) };
}

/** The lines as onboarding sees them: one that rested is filled slowly again. */
export function startingSlowly(
  snapshot: PlacementSnapshot,
  { policy }: Decision,
): PlacementSnapshot {
  const lines = snapshot.lines.map((line) => {
    const share = slowStartShare(line, snapshot.now, policy);
    return share === 1 ? line : { ...line, todayCap: Math.floor(share * line.todayCap) };
  });
  return { ...snapshot, lines };
}

/** The pool by its slug; without one the only pool there is. Refuses `pool.not_found` and `pool.ambiguous`. */
export async function poolFor(
  stores: Stores,
  slug: string | undefined,
  scope: PoolScope = EVERY_POOL,
): Promise<PoolRecord> {
  const allowed = (pool: PoolRecord): boolean => sees(scope, pool.id);
  if (slug !== undefined) {
    const pool = await stores.pools.bySlug(slug);
    if (!pool || !allowed(pool)) throw new Refusal('pool.not_found', `There is no pool "${slug}"`);
    return pool;
  }
  const pools = (await stores.pools.list()).filter(allowed);
  const [only] = pools;
  if (!only) throw new Refusal('pool.not_found', 'There is no pool yet');
  if (pools.length > 1) {
    throw new Refusal('pool.ambiguous', 'Name one of the pools', {
      pools: pools.map(({ slug: each }) => each),
    });
  }
  return only;
}

/** A pool that must exist, because a row points at it. */
export async function poolOf(stores: Stores, id: string): Promise<PoolRecord> {
  const pool = await stores.pools.byId(id);
  if (!pool) throw new Refusal('pool.not_found', `There is no pool ${id}`);
  return pool;
}

/** A line that the caller may see; one of another pool is not found. */
export async function lineOr404(
  stores: Stores,
  id: string,
  scope: PoolScope = EVERY_POOL,
): Promise<LineRecord> {
  const line = await stores.lines.byId(id);
  if (!line || !sees(scope, line.poolId))
    throw new Refusal('line.not_found', `There is no line ${id}`);
  return line;
}

/** Whether an operator has pressed the red button: only replies leave, nobody is placed and nobody is moved. */
export async function isFrozen(stores: Stores): Promise<boolean> {
  const environment = await stores.environment.get();
  return environment !== null && environment.frozenAt !== null;
}

/** Whether push and proactive have stopped because too many lines were flagged within a day. */
export async function contagionNow(stores: Stores, decision: Decision): Promise<boolean> {
  return isContagion(await stores.lines.list(), decision.now, decision.policy);
}
