import type { EventType } from '../../events';
import type { DecisionEntry, Stores } from '../../ports';
import type { Decision } from './decision';

/** Announces what happened, in the transaction in which it happens. Users by id, never by handle. */
export function announce(
  stores: Stores,
  decision: Decision,
  type: EventType,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  return stores.outbox.append([
    {
      id: decision.newId(),
      type,
      data: { ...data, actor: decision.actor, policyVersion: decision.policyVersion },
      at: decision.now,
    },
  ]);
}

/** Writes an operator's or a rule's deed into the audit. */
export function audit(
  stores: Stores,
  decision: Decision,
  entry: {
    readonly action: string;
    readonly subjectType: string;
    readonly subjectId: string;
    readonly reason: string;
    readonly change: unknown;
  },
): Promise<void> {
  return stores.audit.append({
    ...entry,
    id: decision.newId(),
    at: decision.now,
    actor: decision.actor,
    policyVersion: decision.policyVersion,
  });
}

/** Tells a decision to the log and the metrics once the transaction stands. */
export function note(
  stores: Stores,
  decision: Decision,
  entry: Omit<DecisionEntry, 'at' | 'actor' | 'policyVersion'>,
): void {
  const { now, actor, policyVersion } = decision;
  stores.decisions.note({ ...entry, at: now, actor, policyVersion });
}

/** A line's number as logs and metrics may show it. */
export function lastFour(phoneNumber: string): string {
  return phoneNumber.slice(-4);
}
