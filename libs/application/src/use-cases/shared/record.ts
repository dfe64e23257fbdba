import { isoWeek } from '@linekeeper/domain';
import type { EventType } from '../../events';
import type { Actuator, DecisionEntry, OutboxRecord, Stores } from '../../ports';
import type { Decision } from './decision';

/** Announces what happened, in the transaction in which it happens. Users by id, never by handle. */
export function announce(
  stores: Stores,
  decision: Decision,
  type: EventType,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  return stores.outbox.append([announcement(decision, type, data)]);
}

/** The same as a row, for who writes several at once. */
export function announcement(
  { newId, actor, policyVersion, now: at }: Decision,
  type: EventType,
  data: Readonly<Record<string, unknown>>,
): OutboxRecord {
  return { id: newId(), type, data: { ...data, actor, policyVersion }, at };
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

/**
 * Whether an actuator may act by itself now. If it may not, what it would have done is announced instead, unless
 * `wouldBe` is null because that was said already.
 */
export async function mayAct(
  stores: Stores,
  decision: Decision,
  actuator: Actuator,
  wouldBe: { readonly event: EventType; readonly data: Readonly<Record<string, unknown>> } | null,
): Promise<boolean> {
  const environment = await stores.environment.get();
  const mode = environment?.actuators[actuator] ?? 'observe';
  if (mode === 'auto') return true;
  if (wouldBe) {
    const { event, data } = wouldBe;
    await withhold(stores, decision, actuator, event, subjectOf(data));
    await announce(stores, decision, 'actuator.withheld', {
      ...data,
      actuator,
      mode,
      wouldBe: event,
    });
  }
  return false;
}

/** Keeps for the week's sum what an actuator would have done to whom. */
export function withhold(
  stores: Stores,
  { now }: Decision,
  actuator: Actuator,
  wouldBe: string,
  subject: string,
): Promise<void> {
  return stores.withheld.note({ week: isoWeek(now), actuator, wouldBe, subject }, now);
}

function subjectOf(data: Readonly<Record<string, unknown>>): string {
  const id = data['userId'] ?? data['lineId'];
  return typeof id === 'string' ? id : '';
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
