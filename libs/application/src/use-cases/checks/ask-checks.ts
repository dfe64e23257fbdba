import type { ParsedHandle, PoolRecord, Stores, UserRecord } from '../../ports';
import type { Decision } from '../shared';

type Person = Pick<UserRecord, 'suppression'> & { readonly handles: readonly ParsedHandle[] };

/**
 * Asks, in the transaction that places or queues people whom an app brings, whether they are on iMessage. Nothing waits
 * for it: the checks are made by the worker, at the pace of the lines.
 */
export async function askAboutNewcomers(
  stores: Stores,
  people: readonly Person[],
  pool: Pick<PoolRecord, 'id'>,
  { now, policy }: Decision,
): Promise<void> {
  if (!policy.capabilityChecks.newcomers) return;
  const handles = people
    .filter(({ suppression }) => typeof suppression?.suppressedAt !== 'number')
    .flatMap((person) => person.handles.map(({ value }) => value));
  await stores.capabilities.ask(handles, pool.id, now);
}
