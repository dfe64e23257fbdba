import { Injectable } from '@nestjs/common';
import { HOUR_MS, nextWakingInstant } from '@linekeeper/domain';
import { automation } from '../../actor';
import { UnitOfWork } from '../../ports';
import {
  announce,
  contagionNow,
  type Decision,
  Decisions,
  isFrozen,
  panicNow,
  withhold,
} from '../shared';
import { ApplyRebalance } from './apply-rebalance';
import { ProposeRebalance, type ProposedPlan } from './propose-rebalance';

const ACTOR = automation('rebalance');
/** The check before this one: a line is relieved once it was too high in two checks in a row. */
const CHECK_BEFORE_MS = 2 * HOUR_MS;

export interface RebalanceReport {
  readonly lines: number;
  readonly proposed: number;
  readonly moved: number;
}

/**
 * The hourly check, as the actuator's mode has it: `observe` says what it would propose, `propose` keeps a proposal for
 * an operator, `auto` also carries it out, for lines that were too high in the check before too, while the pool's people
 * are awake, and never while the fleet is frozen, in panic or under contagion.
 */
@Injectable()
export class RunRebalance {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly propose: ProposeRebalance,
    private readonly apply: ApplyRebalance,
  ) {}

  async execute(): Promise<RebalanceReport> {
    const decision = await this.decisions.begin(ACTOR);
    const { read } = this.unitOfWork;
    const environment = await read.environment.get();
    const mode = environment?.actuators.rebalance ?? 'observe';
    const before = await read.jobs.latestProposal('rebalance');
    const { proposalId, plan } = await this.propose.execute(ACTOR, mode === 'observe');
    const report = { lines: plan.remedies.length, proposed: plan.moves.length, moved: 0 };
    if (mode !== 'auto') {
      await this.tellWithheld(plan, mode, decision);
      return report;
    }
    if (proposalId === null || (await this.mustWait(decision))) return report;
    const isRecent = before !== null && decision.now - before.at <= CHECK_BEFORE_MS;
    const wereHigh = isRecent ? (before.body as ProposedPlan).remedies : [];
    const awake = await this.awakePools(decision);
    const fromLines = plan.moves
      .filter(({ poolId }) => awake.has(poolId))
      .map(({ fromLineId }) => fromLineId)
      .filter((id) => wereHigh.some(({ lineId }) => lineId === id));
    if (fromLines.length === 0) return report;
    const reason = 'beyond the cap by forecast in two checks';
    const request = { proposalId, basedOn: 1, reason, dryRun: false, fromLines };
    const { moved } = await this.apply.execute(request, ACTOR);
    return { ...report, moved };
  }

  private async mustWait(decision: Decision): Promise<boolean> {
    const { read } = this.unitOfWork;
    if (await isFrozen(read)) return true;
    return (await panicNow(read, decision)) !== null || (await contagionNow(read, decision));
  }

  /** In the night nobody of a pool is moved: whoever looks after the fleet sleeps too. */
  private async awakePools({ now, policy }: Decision): Promise<ReadonlySet<string>> {
    const pools = await this.unitOfWork.read.pools.list();
    const { quietHours } = policy.sends;
    return new Set(
      pools
        .filter(({ timeZone }) => nextWakingInstant(now, timeZone, quietHours) <= now)
        .map(({ id }) => id),
    );
  }

  private async tellWithheld(
    { remedies, moves }: ProposedPlan,
    mode: 'observe' | 'propose',
    decision: Decision,
  ): Promise<void> {
    if (remedies.length === 0) return;
    await this.unitOfWork.run(async (stores) => {
      for (const { userId } of moves) {
        await withhold(stores, decision, 'rebalance', 'assignment.moved', userId);
      }
      // A proposal that is kept has said it already.
      if (mode === 'propose') return;
      await withhold(
        stores,
        decision,
        'rebalance',
        'rebalance.proposed',
        remedies[0]?.lineId ?? '',
      );
      await announce(stores, decision, 'actuator.withheld', {
        actuator: 'rebalance',
        mode,
        wouldBe: 'rebalance.proposed',
        lines: remedies.map(({ lineId, share }) => ({ lineId, share })),
        moves: moves.length,
      });
    });
  }
}
