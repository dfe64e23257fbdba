import { Injectable, Logger } from '@nestjs/common';
import { advanceHealth, dueMaintenance, type EpochMs } from '@linekeeper/domain';
import { automation } from '../../actor';
import { type LineRecord, UnitOfWork } from '../../ports';
import { Refusal } from '../../refusal';
import { announce, Decisions, EVERY_POOL, lineOr404 } from '../shared';
import { StepLine } from './step-line';

const ACTOR = automation('advance-ramp');
const WARMED = 'warming is over';

export interface RampReport {
  readonly recovered: number;
  readonly activated: number;
  /** Warmed, and kept back by their list of readiness. */
  readonly notReady: number;
  /** Windows that began or ended. */
  readonly maintenance: number;
  readonly failed: number;
}

/** What time alone brings about: bans end, warmed lines go into service, and maintenance windows begin and end. A line that fails holds up no other. */
@Injectable()
export class AdvanceRamp {
  private readonly logger = new Logger('Ramp');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly stepLine: StepLine,
  ) {}

  async execute(): Promise<RampReport> {
    const { now } = await this.decisions.begin(ACTOR);
    const total = { recovered: 0, activated: 0, notReady: 0, maintenance: 0, failed: 0 };
    for (const line of await this.unitOfWork.read.lines.list()) {
      if (!line.managed) continue;
      try {
        if (advanceHealth(line, now) !== null && (await this.recover(line))) {
          total.recovered += 1;
        }
        if (hasWarmed(line, now)) {
          if (await this.activate(line.id)) total.activated += 1;
          else total.notReady += 1;
        }
        const due = dueMaintenance(line, now);
        if (due !== null) {
          await this.keepWindow(line.id, due);
          total.maintenance += 1;
        }
      } catch (error) {
        total.failed += 1;
        const text = error instanceof Error ? error.message : String(error);
        this.logger.error({ what: 'A line could not be advanced', lineId: line.id, error: text });
      }
    }
    return total;
  }

  /** False while its list of readiness is not good: it goes on warming, and an operator is told once. */
  private async activate(lineId: string): Promise<boolean> {
    const request = { lineId, verb: 'activate', reason: WARMED, dryRun: false } as const;
    try {
      await this.stepLine.execute(request, ACTOR, EVERY_POOL);
      return true;
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'line.not_ready') throw error;
      await this.tellNotReady(lineId, error);
      return false;
    }
  }

  private async tellNotReady(lineId: string, { detail, extra }: Refusal): Promise<void> {
    const decision = await this.decisions.begin(ACTOR);
    await this.unitOfWork.run(async (stores) => {
      const line = await lineOr404(stores, lineId);
      await stores.pools.lock(line.poolId);
      const { adminReason } = await lineOr404(stores, lineId);
      if (adminReason === detail) return;
      const options = { at: decision.now, raiseEpoch: false };
      await stores.lines.change(lineId, { adminReason: detail }, options);
      await announce(stores, decision, 'line.not-ready', { lineId, open: extra['open'] });
    });
  }

  private async keepWindow(lineId: string, verb: 'maintenance' | 'end-maintenance'): Promise<void> {
    const reason = verb === 'maintenance' ? 'its window begins' : 'its window is over';
    await this.stepLine.execute({ lineId, verb, reason, dryRun: false }, ACTOR, EVERY_POOL);
  }

  private async recover({ id: lineId, poolId }: LineRecord): Promise<boolean> {
    const decision = await this.decisions.begin(ACTOR);
    return this.unitOfWork.run(async (stores) => {
      await stores.pools.lock(poolId);
      const line = await stores.lines.byId(lineId);
      const next = line && advanceHealth(line, decision.now);
      if (!next) return false;
      await stores.lines.change(
        lineId,
        { ...next, healthReason: 'the ban is over' },
        { at: decision.now, raiseEpoch: true },
      );
      await announce(stores, decision, 'line.recovered', { lineId, health: 'healthy' });
      return true;
    });
  }
}

function hasWarmed(line: LineRecord, now: EpochMs): boolean {
  return line.adminState === 'warming' && line.warmingUntil !== null && line.warmingUntil <= now;
}
