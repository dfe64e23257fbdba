import type { ParsedHandle, Stores, UserDetails, UserRecord } from '../../ports';
import { Refusal } from '../../refusal';

/** What an app may say of a person when it onboards them. */
export interface Said {
  readonly externalId?: string | undefined;
  readonly timeZone?: string | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly consent?: UserRecord['consent'] | undefined;
  readonly expectedMessagesPerDay?: number | undefined;
}

/**
 * The person whom an app means, when we have met them: by their handle, however we came to know it, or by the app's own
 * id of them, while a reservation waits for their handle. Refuses `handle.taken` and `external_id.taken` when handle and
 * external id are not of one person.
 */
export async function knownPerson(
  stores: Stores,
  handle: ParsedHandle | null,
  externalId: string | undefined,
): Promise<UserRecord | null> {
  const user = handle && (await stores.users.byHandle(handle.value));
  if (externalId === undefined) return user;
  // An external id of somebody who became part of this person is theirs too.
  const named = await stores.users.byExternalId(externalId);
  const isNamed = user && (user.externalId === null || user.externalId === externalId);
  if (user && !isNamed && named?.id !== user.id) {
    throw new Refusal('handle.taken', 'The handle belongs to a user with another external id');
  }
  if (named && user && named.id !== user.id) {
    throw new Refusal('external_id.taken', `"${externalId}" belongs to another user`);
  }
  if (named && !user && handle && named.handles.length > 0) {
    throw new Refusal('external_id.taken', `"${externalId}" belongs to a user with another handle`);
  }
  return user ?? named;
}

/** What is said of a person and not known yet. What is known stays: onboarding again is no way to edit. */
export function newsOf(user: UserRecord, said: Said): Partial<UserDetails> {
  return {
    ...(user.externalId === null && said.externalId !== undefined
      ? { externalId: said.externalId }
      : {}),
    ...(user.timeZone === null && said.timeZone !== undefined ? { timeZone: said.timeZone } : {}),
    ...(user.labels.length === 0 && said.labels !== undefined && said.labels.length > 0
      ? { labels: said.labels }
      : {}),
    ...(user.consent === null && said.consent ? { consent: said.consent } : {}),
    ...(user.expectedPerDay === null && said.expectedMessagesPerDay !== undefined
      ? { expectedPerDay: said.expectedMessagesPerDay }
      : {}),
  };
}
