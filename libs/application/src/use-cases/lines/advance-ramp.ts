import { Injectable } from '@nestjs/common';
import { advanceHealth } from '@linekeeper/domain';
import { automation } from '../../actor';
import { UnitOfWork } from '../../ports';
import { announce, Decisions } from '../shared';
import { StepLine } from './step-line';

/** What time alone brings about: bans end, and warmed lines go into service. */
@Injectable()
export class AdvanceRamp {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly stepLine: StepLine,
  ) {}

  async execute(): Promise<{ recovered: number; activated: number }> {
    const by = automation('advance-ramp');
    const { now } = await this.decisions.begin(by);
    let recovered = 0;
    let activated = 0;
    for (const line of await this.unitOfWork.read.lines.list()) {
      if (!line.managed) continue;
      if (advanceHealth(line, now) !== null && (await this.recover(line.id))) recovered += 1;
      const warmed =
        line.adminState === 'warming' && line.warmingUntil !== null && line.warmingUntil <= now;
      if (!warmed) continue;
      await this.stepLine.execute(
        { lineId: line.id, verb: 'activate', reason: 'warming is over', dryRun: false },
        by,
      );
      activated += 1;
    }
    return { recovered, activated };
  }

  private async recover(lineId: string): Promise<boolean> {
    const decision = await this.decisions.begin(automation('advance-ramp'));
    return this.unitOfWork.run(async (stores) => {
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
