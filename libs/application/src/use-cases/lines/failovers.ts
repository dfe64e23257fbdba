import { Injectable } from '@nestjs/common';
import type { Actor } from '../../actor';
import {
  type FailoverMoveRecord,
  type FailoverRecord,
  type FailoverState,
  UnitOfWork,
} from '../../ports';
import { Refusal } from '../../refusal';
import { announce, audit, Decisions } from '../shared';

export const FAILOVER_VERBS = ['pause', 'resume', 'cancel'] as const;
export type FailoverVerb = (typeof FAILOVER_VERBS)[number];

const STEPS: Readonly<Record<FailoverVerb, { from: readonly FailoverState[]; to: FailoverState }>> =
  {
    pause: { from: ['running', 'planned'], to: 'paused' },
    resume: { from: ['paused', 'planned'], to: 'running' },
    cancel: { from: ['running', 'planned', 'paused'], to: 'cancelled' },
  };

/** Shows failovers, and lets an operator pause, resume and cancel them. Moves that were made stay made. */
@Injectable()
export class Failovers {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  list(page: {
    limit: number;
    after?: string;
    states?: readonly FailoverState[];
  }): Promise<FailoverRecord[]> {
    return this.unitOfWork.read.failovers.list(page);
  }

  async byId(id: string): Promise<{ failover: FailoverRecord; moves: FailoverMoveRecord[] }> {
    const failover = await this.unitOfWork.read.failovers.byId(id);
    if (!failover) throw new Refusal('failover.not_found', `There is no failover ${id}`);
    return {
      failover,
      moves: await this.unitOfWork.read.failovers.moves(id, { limit: MAX_MOVES_SHOWN }),
    };
  }

  async step(
    id: string,
    verb: FailoverVerb,
    options: { readonly reason: string; readonly dryRun: boolean },
    actor: Actor,
  ): Promise<FailoverRecord> {
    const decision = await this.decisions.begin(actor);
    return this.unitOfWork.run(async (stores) => {
      const failover = await stores.failovers.byId(id);
      if (!failover) throw new Refusal('failover.not_found', `There is no failover ${id}`);
      const { from, to } = STEPS[verb];
      if (!from.includes(failover.state)) {
        throw new Refusal(
          'failover.illegal_step',
          `${verb} is not allowed while ${failover.state}`,
          {
            state: failover.state,
            allowed: FAILOVER_VERBS.filter((each) => STEPS[each].from.includes(failover.state)),
          },
        );
      }
      const next = { ...failover, state: to };
      if (options.dryRun) return next;
      const finishedAt = to === 'cancelled' ? decision.now : null;
      // Resumed, it waits for a worker like one that has just begun.
      const change = { state: to, finishedAt, takenUpAt: null };
      await stores.failovers.change(id, change, decision.now);
      await audit(stores, decision, {
        action: `failover.${verb}`,
        subjectType: 'failover',
        subjectId: id,
        reason: options.reason,
        change: { from: failover.state, to },
      });
      await announce(stores, decision, 'failover.changed', { failoverId: id, state: to });
      return { ...next, finishedAt };
    });
  }
}

/** The first page of moves comes with the failover. */
const MAX_MOVES_SHOWN = 200;
