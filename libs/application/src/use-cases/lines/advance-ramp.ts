import { Injectable, Logger } from '@nestjs/common';
import { advanceHealth, type EpochMs } from '@linekeeper/domain';
import { automation } from '../../actor';
import { type LineRecord, UnitOfWork } from '../../ports';
import { announce, Decisions } from '../shared';
import { StepLine } from './step-line';

/** What time alone brings about: bans end, and warmed lines go into service. A line that fails holds up no other. */
@Injectable()
export class AdvanceRamp {
  private readonly logger = new Logger('Ramp');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly stepLine: StepLine,
  ) {}

  async execute(): Promise<{ recovered: number; activated: number; failed: number }> {
    const { now } = await this.decisions.begin(automation('advance-ramp'));
    const total = { recovered: 0, activated: 0, failed: 0 };
    for (const line of await this.unitOfWork.read.lines.list()) {
      if (!line.managed) continue;
      try {
        if (advanceHealth(line, now) !== null && (await this.recover(line))) {
          total.recovered += 1;
        }
        if (hasWarmed(line, now)) {
          await this.activate(line.id);
          total.activated += 1;
        }
      } catch (error) {
        total.failed += 1;
        const text = error instanceof Error ? error.message : String(error);
        this.logger.error({ what: 'A line could not be advanced', lineId: line.id, error: text });
      }
    }
    return total;
  }

  private async activate(lineId: string): Promise<void> {
    const request = { lineId, verb: 'activate', reason: 'warming is over', dryRun: false } as const;
    await this.stepLine.execute(request, automation('advance-ramp'));
  }

  private async recover({ id: lineId, poolId }: LineRecord): Promise<boolean> {
    const decision = await this.decisions.begin(automation('advance-ramp'));
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
