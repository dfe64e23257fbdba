import { DAY_MS } from '@linekeeper/domain';
import type { Digest, ParsedHandle, Stores, SuppressionRecord, UserRecord } from '../../ports';
import { announce, type Decision } from '../shared';

/** A later ordinary message of a suppressed person may be answered for this long. */
const REPLY_ALLOWED_MS = DAY_MS;

/** A person who said stop, and has not taken it back. */
type Suppressed<T> = T & { readonly suppression: { readonly suppressedAt: number } };

export function isSuppressed<T extends Pick<UserRecord, 'suppression'>>(
  user: T,
): user is Suppressed<T> {
  return typeof user.suppression?.suppressedAt === 'number';
}

/** Silences the whole fleet towards this person, on all their handles. Idempotent. */
export async function suppressUser(
  stores: Stores,
  user: Pick<UserRecord, 'id' | 'suppression'>,
  source: string,
  reason: string,
  decision: Decision,
): Promise<SuppressionRecord> {
  const current = user.suppression;
  const already = current !== null && current.suppressedAt !== null;
  const record: SuppressionRecord = {
    suppressedAt: already ? current.suppressedAt : decision.now,
    source: already ? current.source : source,
    reason: already ? current.reason : reason,
    actor: already ? current.actor : decision.actor,
    // Saying stop again takes back what an ordinary message in between allowed.
    replyAllowedUntil: null,
    updatedAt: decision.now,
  };
  await stores.users.suppress(user.id, record);
  if (!already)
    await announce(stores, decision, 'user.opted-out', { userId: user.id, source, reason });
  return record;
}

/** Only a START-like word or the app lifts a suppression. Idempotent. */
export async function liftSuppression(
  stores: Stores,
  user: Pick<UserRecord, 'id' | 'suppression'>,
  source: string,
  reason: string,
  decision: Decision,
): Promise<SuppressionRecord | null> {
  if (!isSuppressed(user)) return user.suppression;
  const record: SuppressionRecord = {
    suppressedAt: null,
    source,
    reason,
    actor: decision.actor,
    replyAllowedUntil: null,
    updatedAt: decision.now,
  };
  await stores.users.suppress(user.id, record);
  await announce(stores, decision, 'user.opted-in', { userId: user.id, source, reason });
  return record;
}

/** An ordinary message of a suppressed person: it may be answered for a day, and nothing more. */
export async function allowReplies(
  stores: Stores,
  user: Pick<UserRecord, 'id' | 'suppression'>,
  writtenAt: number,
  decision: Decision,
): Promise<SuppressionRecord | null> {
  if (!isSuppressed(user)) return user.suppression;
  const current = user.suppression;
  if (writtenAt <= current.suppressedAt) return current;
  const record = {
    ...current,
    replyAllowedUntil: Math.max(current.replyAllowedUntil ?? 0, writtenAt + REPLY_ALLOWED_MS),
    updatedAt: decision.now,
  };
  await stores.users.suppress(user.id, record);
  return record;
}

const hashOf = (handle: ParsedHandle, digest: Digest): string =>
  digest.keyed(`opt-out:${handle.value}`);

/** What outlasts a person's data: a hash of the handles of whoever said stop, and of nobody else. */
export async function keepOptOut(
  stores: Stores,
  user: Pick<UserRecord, 'handles' | 'suppression'>,
  digest: Digest,
  decision: Decision,
): Promise<void> {
  const hashes = user.handles.map((handle) => hashOf(handle, digest));
  await stores.users.keepOptOuts(hashes, user.suppression?.suppressedAt ?? null, decision.now);
}

/** Somebody came whose handle we never saw, or whom we erased: if these said stop, that still holds. */
export async function recallOptOut(
  stores: Stores,
  user: UserRecord,
  handle: ParsedHandle,
  digest: Digest,
  decision: Decision,
): Promise<UserRecord> {
  const suppressedAt = await stores.users.keptOptOut(hashOf(handle, digest));
  if (suppressedAt === null) return user;
  const reason = 'said stop before they were erased';
  const suppression = await suppressUser(stores, user, 'erased', reason, decision);
  return { ...user, suppression };
}
