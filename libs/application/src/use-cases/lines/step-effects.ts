import type { LineEffect } from '@linekeeper/domain';
import type { FailoverRecord, Stores } from '../../ports';
import { announce, type Decision } from '../shared';
import { afterEjection } from './line-status';
import { startFailover } from './start-failover';
import type { StepRequest } from './step-request';

/** What follows a step of the lifecycle, in its transaction. The id of the failover that it began, if it began one. */
export async function carryOutEffects(
  stores: Stores,
  lineId: string,
  effects: readonly LineEffect[],
  request: StepRequest,
  decision: Decision,
): Promise<string | null> {
  const begun: (string | null)[] = [];
  for (const effect of effects) {
    begun.push(await carryOutEffect(stores, lineId, effect, request, decision));
  }
  return begun.find((id) => id !== null) ?? null;
}

async function carryOutEffect(
  stores: Stores,
  lineId: string,
  effect: LineEffect,
  request: StepRequest,
  decision: Decision,
): Promise<string | null> {
  const { reason } = request;
  const [deadline, movesPerHour] = [request.deadline ?? null, request.movesPerHour ?? null];
  switch (effect) {
    case 'eject': {
      const cause = decision.by.kind === 'automation' ? 'inferred' : 'operator';
      return afterEjection(stores, lineId, cause, reason, decision);
    }
    case 'start-drain':
      return startFailover(
        stores,
        lineId,
        { cause: 'drain', reason, deadline, movesPerHour },
        decision,
      );
    case 'start-handover': {
      // Asked for twice it is the later one that counts: two at once would move people at twice the pace.
      await cancelOpen(stores, lineId, ['drain', 'maintenance', 'replace'], decision);
      const { outboundPerLinePerHour } = decision.policy.newConversations;
      // Each of them is a new thread on the new number: no faster than threads may be begun.
      const pace = Math.min(movesPerHour ?? outboundPerLinePerHour, outboundPerLinePerHour);
      const what = { cause: 'replace', reason, deadline, movesPerHour: pace } as const;
      return startFailover(stores, lineId, what, decision);
    }
    case 'start-reroute':
      return startFailover(
        stores,
        lineId,
        { cause: 'maintenance', reason, deadline: null, movesPerHour: null },
        decision,
      );
    case 'stop-drain':
      return cancelOpen(stores, lineId, ['drain', 'replace'], decision);
    case 'stop-reroute':
      return cancelOpen(stores, lineId, ['maintenance'], decision);
  }
}

/** Ends what moves people off a line that stays. Moves that were made stay made. */
async function cancelOpen(
  stores: Stores,
  lineId: string,
  causes: readonly FailoverRecord['cause'][],
  decision: Decision,
): Promise<null> {
  const states = ['planned', 'running', 'paused'] as const;
  for (const each of await stores.failovers.list({ limit: 10, states, lineId })) {
    if (!causes.includes(each.cause)) continue;
    const change = { state: 'cancelled', finishedAt: decision.now } as const;
    await stores.failovers.change(each.id, change, decision.now);
    await announce(stores, decision, 'failover.changed', {
      failoverId: each.id,
      state: 'cancelled',
    });
  }
  return null;
}
