import {
  type LineEffect,
  onProviderStatus,
  type ProviderStatus,
  type Reputation,
} from '@linekeeper/domain';
import type { LineChange, LineRecord, Stores } from '../../ports';
import { announce, contagionNow, type Decision } from '../shared';
import { tellHeldGroups } from './hold-groups';
import { startFailover } from './start-failover';

export interface ProviderVerdict {
  readonly status: Exclude<ProviderStatus, 'UNKNOWN'> | null;
  readonly reputation: Exclude<Reputation, 'UNKNOWN'> | null;
  /** The provider's own instant: older news never overwrites newer. */
  readonly changedAt: number;
}

/**
 * The provider's word on a line. FLAGGED ejects it and begins its failover in the same transaction, so that no
 * send leaves it after this commits. Idempotent; news older than what is known changes nothing. Call it under the
 * lock of the line's pool.
 */
export async function applyLineStatus(
  stores: Stores,
  lineId: string,
  verdict: ProviderVerdict,
  decision: Decision,
): Promise<{ changed: LineRecord | null; ejected: boolean }> {
  const line = await stores.lines.byId(lineId);
  if (!line || (line.providerStatusAt !== null && verdict.changedAt < line.providerStatusAt)) {
    return { changed: null, ejected: false };
  }
  const answer =
    verdict.status === null
      ? { next: {}, effects: [] }
      : onProviderStatus(line, verdict.status, decision.now, decision.policy);
  // An unmanaged line is counted and shown; nothing of ours stands on it that could be moved.
  const effects: readonly LineEffect[] = line.managed ? answer.effects : [];
  const change: LineChange = {
    ...answer.next,
    ...(verdict.reputation === null
      ? {}
      : { reputation: verdict.reputation, reputationSeenAt: decision.now }),
    ...(effects.includes('eject') ? { healthReason: 'flagged by the provider' } : {}),
    providerStatusAt: verdict.changedAt,
  };
  await stores.lines.change(lineId, change, { at: decision.now, raiseEpoch: true });
  await announce(stores, decision, 'line.changed', {
    lineId,
    status: verdict.status,
    reputation: verdict.reputation,
    health: change.health ?? line.health,
  });
  if (effects.includes('eject')) {
    await afterEjection(stores, lineId, 'flagged', 'flagged by the provider', decision);
  } else if (answer.next.health !== undefined && line.health === 'ejected') {
    await announce(stores, decision, 'line.recovered', { lineId, health: answer.next.health });
  }
  return { changed: await stores.lines.byId(lineId), ejected: effects.includes('eject') };
}

/** What follows every ejection, whoever caused it. */
export async function afterEjection(
  stores: Stores,
  lineId: string,
  cause: 'flagged' | 'operator' | 'inferred',
  reason: string,
  decision: Decision,
): Promise<string | null> {
  await announce(stores, decision, 'line.ejected', { lineId, cause, reason });
  if (await contagionNow(stores, decision)) {
    await announce(stores, decision, 'fleet.contagion', {
      lineId,
      reason: 'several lines were flagged within a day: push and proactive messages have stopped',
    });
  }
  await tellHeldGroups(stores, lineId, decision);
  return startFailover(stores, lineId, { cause, reason, deadline: null }, decision);
}
