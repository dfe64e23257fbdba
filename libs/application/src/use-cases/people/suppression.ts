import { DAY_MS, type EpochMs } from '@linekeeper/domain';
import type { Digest, ParsedHandle, Stores, SuppressionRecord, UserRecord } from '../../ports';
import { announce, type Decision } from '../shared';

/** A later ordinary message of a suppressed person may be answered for this long. */
const REPLY_ALLOWED_MS = DAY_MS;

/** A person who said stop, and has not taken it back. */
type Suppressed<T> = T & { readonly suppression: { readonly suppressedAt: EpochMs } };

export function isSuppressed<T extends Pick<UserRecord, 'suppression'>>(
  user: T,
): user is Suppressed<T> {
  return typeof user.suppression?.suppressedAt === 'number';
}

/** Who or what said so, and when: for a message the instant it was written, however late its event came. */
export interface Wish {
  readonly source: 'api' | 'inbound' | 'erased';
  readonly reason: string;
  readonly at: EpochMs;
}

/** Silences the whole fleet towards this person, on all their handles. Idempotent. */
export async function suppressUser(
  stores: Stores,
  user: Pick<UserRecord, 'id' | 'suppression'>,
  { source, reason, at }: Wish,
  decision: Decision,
): Promise<SuppressionRecord> {
  const current = user.suppression;
  const already = current !== null && current.suppressedAt !== null;
  const record: SuppressionRecord = {
    // The latest stop counts: what was written before it takes nothing back.
    suppressedAt: already ? Math.max(current.suppressedAt, at) : at,
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

/** Only a START-like word or the app lifts a suppression, and only one that came after the stop. Idempotent. */
export async function liftSuppression(
  stores: Stores,
  user: Pick<UserRecord, 'id' | 'suppression'>,
  { source, reason, at }: Wish,
  decision: Decision,
): Promise<SuppressionRecord | null> {
  if (!isSuppressed(user)) return user.suppression;
  if (source === 'inbound' && at <= user.suppression.suppressedAt) return user.suppression;
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
  writtenAt: EpochMs,
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

/** Under every secret key that is known: the wish outlasts the key it was kept under. */
const hashesOf = (handle: ParsedHandle, digest: Digest): string[] =>
  digest.keyedEver(`opt-out:${handle.value}`);

/** What outlasts a person's data: a hash of the handles of whoever said stop, and of nobody else. */
export async function keepOptOut(
  stores: Stores,
  user: Pick<UserRecord, 'handles' | 'suppression'>,
  digest: Digest,
  decision: Decision,
): Promise<void> {
  const hashes = user.handles.flatMap((handle) => hashesOf(handle, digest));
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
  const suppressedAt = await stores.users.keptOptOut(hashesOf(handle, digest));
  if (suppressedAt === null) return user;
  const wish = {
    source: 'erased',
    reason: 'said stop before they were erased',
    at: suppressedAt,
  } as const;
  const suppression = await suppressUser(stores, user, wish, decision);
  return { ...user, suppression };
}
