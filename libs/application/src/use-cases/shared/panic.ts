import { type Alarm, type EpochMs, panicSince } from '@linekeeper/domain';
import type { EvidenceRecord, LineRecord, Stores } from '../../ports';
import type { Decision } from './decision';
import { ringLinesOf } from './pods';

/** The alarms of our own detectors, in order of time: lines that the provider has flagged are not among them. */
export function alarmsOf(
  evidence: readonly EvidenceRecord[],
  lines: readonly LineRecord[],
): Alarm[] {
  const accused = lines.filter(({ providerStatus }) => providerStatus !== 'FLAGGED');
  const domains = new Map(
    // What every line shares tells none apart: a line without a domain of its own stands for itself.
    ringLinesOf(lines).map(({ id, failureDomains }) => [id, failureDomains.join(' ') || id]),
  );
  const ids = new Set(accused.map(({ id }) => id));
  return evidence
    .flatMap(({ lineId, alarmedAt }) =>
      alarmedAt === null || !ids.has(lineId)
        ? []
        : [{ lineId, at: alarmedAt, failureDomain: domains.get(lineId) ?? lineId }],
    )
    .sort((a, b) => a.at - b.at);
}

/** Since when so many unrelated lines alarm that the provider must be sick and not they; null when they do not. */
export async function panicNow(stores: Stores, { now, policy }: Decision): Promise<EpochMs | null> {
  const evidence = await stores.evidence.list();
  if (evidence.every(({ alarmedAt }) => alarmedAt === null)) return null;
  return panicSince(alarmsOf(evidence, await stores.lines.list()), now, policy);
}
