import { Injectable } from '@nestjs/common';
import {
  type Coverage,
  epochHour,
  type EpochMs,
  isRamping,
  projectedUse,
  whyNoNewUsers,
} from '@linekeeper/domain';
import { PROVIDER_ACTOR } from '../../actor';
import {
  type ActuatorMode,
  BudgetLedger,
  type FailoverRecord,
  type LineDayRecord,
  type LineIdentityRecord,
  type LineRecord,
  UnitOfWork,
  type UsageHour,
} from '../../ports';
import { LookAtCoverage } from '../people/look-at-coverage';
import {
  basisOf,
  type Decision,
  Decisions,
  EVERY_POOL,
  type FleetLine,
  type ForecastBasis,
  isAssumed,
  lineOr404,
  type PoolScope,
  sees,
  viewsOf,
} from '../shared';

export interface LineState {
  readonly line: LineRecord;
  readonly usedLast24h: number;
  /** Messages that were let out and not seen at the provider yet. */
  readonly reserved: number;
  readonly todayCap: number;
  readonly ramping: boolean;
  /** The cap that admission fills the line up to. */
  readonly admissionCap: number;
  /** What a day of its users exceeds once in a hundred. */
  readonly projectedUse: number;
  /** Whether that rests on assumptions of the policy, because too little has been learned yet. */
  readonly assumed: boolean;
  /** What it shows of itself at the provider, compared with its pool; null while nobody has looked. */
  readonly identity: LineIdentityRecord | null;
  /** Why it takes no new users; null when it does. */
  readonly closedBecause: string | null;
}

export interface FleetState {
  readonly now: EpochMs;
  readonly environment: string;
  readonly frozenAt: EpochMs | null;
  readonly actuators: Readonly<Record<string, ActuatorMode>>;
  readonly policyVersion: number;
  /** Each line with its users' coverage, as if it were lost now; null for one that is only watched. */
  readonly lines: readonly (LineState & { readonly coverage: Coverage | null })[];
  readonly users: number;
  readonly needsIntroduction: number;
  readonly coverage: Coverage;
  readonly failovers: readonly FailoverRecord[];
  /** Of the whole fleet, so null for whoever may see a part of it only. */
  readonly inbox: { readonly pending: number; readonly dead: number } | null;
}

/** What operators look at: lines with their use and room, the fleet in one picture. */
@Injectable()
export class LookAtLines {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly ledger: BudgetLedger,
    private readonly coverage: LookAtCoverage,
  ) {}

  async lines(poolIds: PoolScope = EVERY_POOL): Promise<LineState[]> {
    const decision = await this.decisions.begin(PROVIDER_ACTOR);
    return this.states(poolIds, decision);
  }

  async line(id: string, scope: PoolScope): Promise<LineState> {
    const decision = await this.decisions.begin(PROVIDER_ACTOR);
    const { poolId } = await lineOr404(this.unitOfWork.read, id, scope);
    const states = await this.states([poolId], decision);
    const state = states.find(({ line }) => line.id === id);
    return state ?? Promise.reject(new Error(`The line ${id} vanished while it was read`));
  }

  async usage(
    id: string,
    hours: number,
    scope: PoolScope,
  ): Promise<{ hours: UsageHour[]; days: LineDayRecord[]; now: EpochMs }> {
    const { now } = await this.decisions.begin(PROVIDER_ACTOR);
    await lineOr404(this.unitOfWork.read, id, scope);
    const to = epochHour(now);
    return {
      now,
      hours: await this.unitOfWork.read.usage.hours([id], to - hours + 1, to),
      days: await this.unitOfWork.read.usage.lineDays(id, 30),
    };
  }

  async fleet(poolIds: PoolScope = EVERY_POOL): Promise<FleetState> {
    const decision = await this.decisions.begin(PROVIDER_ACTOR);
    const { read } = this.unitOfWork;
    const [environment, lines, failovers, inbox, coverage] = await Promise.all([
      read.environment.get(),
      this.states(poolIds, decision),
      read.failovers.list({ limit: 20, states: ['planned', 'running', 'paused'], poolIds }),
      read.inbox.counts(),
      this.coverage.execute(poolIds),
    ]);
    const coverages = new Map(coverage.lines.map((each) => [each.lineId, each]));
    return {
      now: decision.now,
      environment: environment?.name ?? '',
      frozenAt: environment?.frozenAt ?? null,
      actuators: environment?.actuators ?? {},
      policyVersion: decision.policyVersion,
      lines: lines.map((state) => ({ ...state, coverage: coverages.get(state.line.id) ?? null })),
      users: lines.reduce((sum, { line }) => sum + line.users, 0),
      needsIntroduction: coverage.needsIntroduction,
      coverage: coverage.coverage,
      failovers,
      inbox: poolIds.length > 0 ? null : { pending: inbox.pending, dead: inbox.dead },
    };
  }

  private async states(poolIds: PoolScope, decision: Decision): Promise<LineState[]> {
    const { read } = this.unitOfWork;
    const pools = (await read.pools.list()).filter(({ id }) => sees(poolIds, id));
    const states: LineState[] = [];
    for (const pool of pools) {
      const views = await viewsOf(read, pool, decision);
      const records = new Map(
        (await read.lines.list({ poolId: pool.id })).map((line) => [line.id, line]),
      );
      const basis = basisOf(pool, decision.policy);
      const uses = await this.ledger.usage([...records.keys()], decision.now);
      const looked = await read.identities.ofLines([...records.keys()]);
      const identities = new Map(looked.map((each) => [each.lineId, each]));
      for (const view of views) {
        const line = records.get(view.id);
        if (!line) continue;
        const state = stateOf(line, view, uses.get(line.id)?.open ?? 0, basis, decision);
        states.push({ ...state, identity: identities.get(line.id) ?? null });
      }
    }
    return states;
  }
}

function stateOf(
  line: LineRecord,
  view: FleetLine,
  reserved: number,
  basis: ForecastBasis,
  { policy, now }: Decision,
): Omit<LineState, 'identity'> {
  const load = { mean: view.meanMilli / 1_000, variance: view.varianceMilli / 1_000 };
  return {
    line,
    usedLast24h: view.usedLast24h,
    reserved,
    todayCap: view.todayCap,
    admissionCap: view.admissionCap,
    ramping: isRamping(view, policy),
    projectedUse: Math.round(projectedUse(load, policy, basis.outlook)),
    assumed: isAssumed(basis),
    closedBecause: whyNoNewUsers(view, now),
  };
}
