import { Injectable } from '@nestjs/common';
import type { Actor } from '../../actor';
import { UnitOfWork } from '../../ports';
import { announce, audit, Decisions } from '../shared';

/** The red button: while frozen, only replies leave, nobody is placed and nobody is moved. */
@Injectable()
export class FreezeFleet {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  async execute(
    frozen: boolean,
    options: { readonly reason: string; readonly dryRun: boolean },
    actor: Actor,
  ): Promise<{ frozenAt: number | null }> {
    const decision = await this.decisions.begin(actor);
    return this.unitOfWork.run(async (stores) => {
      const environment = await stores.environment.get();
      const before = environment?.frozenAt ?? null;
      const frozenAt = frozen ? (before ?? decision.now) : null;
      if (options.dryRun || frozenAt === before) return { frozenAt };
      await stores.environment.setFrozen(frozenAt);
      await audit(stores, decision, {
        action: frozen ? 'fleet.freeze' : 'fleet.unfreeze',
        subjectType: 'environment',
        subjectId: environment?.name ?? '',
        reason: options.reason,
        change: { frozenAt },
      });
      await announce(stores, decision, frozen ? 'fleet.frozen' : 'fleet.unfrozen', {
        reason: options.reason,
      });
      return { frozenAt };
    });
  }
}
