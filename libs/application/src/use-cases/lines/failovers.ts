import { Injectable } from '@nestjs/common';
import type { EpochMs } from '@linekeeper/domain';
import { type Actor, PROVIDER_ACTOR } from '../../actor';
import {
  type FailoverMoveRecord,
  type FailoverProgress,
  type FailoverRecord,
  type FailoverState,
  type Stores,
  UnitOfWork,
} from '../../ports';
import { Refusal } from '../../refusal';
import { announce, audit, Decisions, type PoolScope, sees } from '../shared';
import { isWeak } from './hold-failover';

export const FAILOVER_VERBS = ['pause', 'resume', 'cancel'] as const;
export type FailoverVerb = (typeof FAILOVER_VERBS)[number];

const STEPS: Readonly<Record<FailoverVerb, { from: readonly FailoverState[]; to: FailoverState }>> =
  {
    pause: { from: ['running', 'planned'], to: 'paused' },
    resume: { from: ['paused', 'planned'], to: 'running' },
    cancel: { from: ['running', 'planned', 'paused'], to: 'cancelled' },
  };

/** A failover with how far its first contacts are. */
export interface FailoverSeen extends FailoverRecord {
  readonly progress: Omit<FailoverProgress, 'targetLineIds' | 'lastSlotAt'> & {
    /** Lines that are to write to people first, and rest because they have weakened. */
    readonly pausedTargets: readonly string[];
    /** When the last of them can have been written to; null when there is none, or while a target rests. */
    readonly etaAt: EpochMs | null;
  };
}

const NONE: FailoverProgress = {
  contactsOpen: 0,
  contactsMade: 0,
  pullOnly: 0,
  superseded: 0,
  lastSlotAt: null,
  targetLineIds: [],
};

/** Shows failovers, and lets an operator pause, resume and cancel them. Moves that were made stay made. */
@Injectable()
export class Failovers {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  async list(page: {
    limit: number;
    after?: string;
    states?: readonly FailoverState[];
    poolIds: PoolScope;
  }): Promise<FailoverSeen[]> {
    return this.seen(await this.unitOfWork.read.failovers.list(page));
  }

  async byId(
    id: string,
    scope: PoolScope,
  ): Promise<{ failover: FailoverSeen; moves: FailoverMoveRecord[] }> {
    const [failover] = await this.seen([await failoverOr404(this.unitOfWork.read, id, scope)]);
    if (!failover) throw new Error(`The failover ${id} vanished while it was read`);
    const page = { limit: MAX_MOVES_SHOWN };
    return { failover, moves: await this.unitOfWork.read.failovers.moves(id, page) };
  }

  /** With what is still to be done of each, as of now. */
  private async seen(failovers: readonly FailoverRecord[]): Promise<FailoverSeen[]> {
    const { now } = await this.decisions.begin(PROVIDER_ACTOR);
    const { read } = this.unitOfWork;
    const progress = await read.failovers.progress(failovers.map(({ id }) => id));
    const targets = [...progress.values()].flatMap(({ targetLineIds }) => targetLineIds);
    const weak = new Set((await read.lines.byIds(targets)).filter(isWeak).map(({ id }) => id));
    return failovers.map((failover) => {
      const { targetLineIds, lastSlotAt, ...counts } = progress.get(failover.id) ?? NONE;
      const pausedTargets = targetLineIds.filter((id) => weak.has(id));
      const isOpen = counts.contactsOpen > 0;
      return {
        ...failover,
        progress: {
          ...counts,
          pausedTargets,
          // A slot that nobody used is used by whoever asks next; from a line that rests nothing goes out.
          etaAt: !isOpen || pausedTargets.length > 0 ? null : Math.max(now, lastSlotAt ?? now),
        },
      };
    });
  }

  async step(
    id: string,
    verb: FailoverVerb,
    options: { readonly reason: string; readonly dryRun: boolean },
    actor: Actor,
    scope: PoolScope,
  ): Promise<FailoverRecord> {
    const decision = await this.decisions.begin(actor);
    return this.unitOfWork.run(async (stores) => {
      const failover = await failoverOr404(stores, id, scope);
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
      // What an operator has said is theirs to take back.
      const change = { state: to, finishedAt, takenUpAt: null, heldBecause: null };
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

/** A failover of a line that the caller may see. */
async function failoverOr404(
  stores: Stores,
  id: string,
  scope: PoolScope,
): Promise<FailoverRecord> {
  const failover = await stores.failovers.byId(id);
  const line = failover && (await stores.lines.byId(failover.lineId));
  if (!failover || !line || !sees(scope, line.poolId)) {
    throw new Refusal('failover.not_found', `There is no failover ${id}`);
  }
  return failover;
}

/** The first page of moves comes with the failover. */
const MAX_MOVES_SHOWN = 200;
