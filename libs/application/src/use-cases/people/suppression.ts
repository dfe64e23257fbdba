import {
  afterMessage,
  afterStart,
  afterStop,
  type EpochMs,
  NOTHING_WISHED,
  type Wishes,
} from '@linekeeper/domain';
import type { Digest, ParsedHandle, Stores, SuppressionRecord, UserRecord } from '../../ports';
import { announce, type Decision } from '../shared';

/** A person who said stop, and has not taken it back. */
type Suppressed<T> = T & { readonly suppression: { readonly suppressedAt: EpochMs } };

export function isSuppressed<T extends Pick<UserRecord, 'suppression'>>(
  user: T,
): user is Suppressed<T> {
  return typeof user.suppression?.suppressedAt === 'number';
}

/** Who or what said so, and when: for a message the instant it was written, however late its event came. */
export interface Wish {
  readonly source: 'api' | 'inbound' | 'provider' | 'erased';
  readonly reason: string;
  readonly at: EpochMs;
  /** The person's latest message that is known, of any kind. */
  readonly lastWroteAt?: EpochMs | null;
}

type Person = Pick<UserRecord, 'id'>;

/** Silences the whole fleet towards this person, on all their handles, unless they took it back since. Idempotent. */
export function suppressUser(
  stores: Stores,
  user: Person,
  wish: Wish,
  decision: Decision,
): Promise<SuppressionRecord | null> {
  return change(stores, user, wish, decision, (wishes) =>
    afterStop(wishes, instantOf(wish, wishes.liftedAt), wish.lastWroteAt ?? null),
  );
}

/**
 * Only a START-like word or the app lifts a suppression, and only one that came before it; a stop said earlier and
 * heard of later changes nothing then. Idempotent.
 */
export function liftSuppression(
  stores: Stores,
  user: Person,
  wish: Wish,
  decision: Decision,
): Promise<SuppressionRecord | null> {
  return change(stores, user, wish, decision, (wishes) => {
    const { suppressedAt } = wishes;
    return afterStart(wishes, instantOf(wish, suppressedAt === null ? null : suppressedAt + 1));
  });
}

/** An ordinary message of a suppressed person: it may be answered for a day, and nothing more. */
export function allowReplies(
  stores: Stores,
  user: Person,
  writtenAt: EpochMs,
  decision: Decision,
): Promise<SuppressionRecord | null> {
  const wish = { source: 'inbound', reason: 'wrote after a stop', at: writtenAt } as const;
  return change(stores, user, wish, decision, (wishes) => afterMessage(wishes, writtenAt));
}

/**
 * A word of the person, or the provider's, counts by when it was said. The app's word, and what is known of a person
 * from before they were erased, comes after all that is known.
 */
function instantOf({ source, at }: Wish, noEarlierThan: EpochMs | null): EpochMs {
  const bySaying = source === 'inbound' || source === 'provider';
  return bySaying ? at : Math.max(at, noEarlierThan ?? at);
}

async function change(
  stores: Stores,
  user: Person,
  { source, reason }: Wish,
  decision: Decision,
  how: (wishes: Wishes) => Wishes,
): Promise<SuppressionRecord | null> {
  const current = await stores.users.lockWishes(user.id);
  const before: Wishes = current ?? NOTHING_WISHED;
  const { suppressedAt, liftedAt, replyAllowedUntil } = how(before);
  const same =
    suppressedAt === before.suppressedAt &&
    liftedAt === before.liftedAt &&
    replyAllowedUntil === before.replyAllowedUntil;
  if (same) return current;
  const turned = (before.suppressedAt === null) !== (suppressedAt === null);
  const by =
    current === null || turned
      ? { source, reason, actor: decision.actor }
      : { source: current.source, reason: current.reason, actor: current.actor };
  const record = { suppressedAt, liftedAt, replyAllowedUntil, ...by, updatedAt: decision.now };
  await stores.users.suppress(user.id, record);
  if (turned) {
    const type = suppressedAt === null ? 'user.opted-in' : 'user.opted-out';
    await announce(stores, decision, type, { userId: user.id, source, reason });
  }
  return record;
}

/** What a handle is remembered by, under every secret key that is known: the wish outlasts the key it was kept under. */
export const optOutHashes = (handle: ParsedHandle, digest: Digest): string[] =>
  digest.keyedEver(`opt-out:${handle.value}`);

/**
 * What is kept of whom we keep nothing else of: a hash of the handles of whoever said stop, and of nobody else.
 * `suppressedAt` null forgets it.
 */
export async function keepOptOut(
  stores: Stores,
  person: { readonly handles: readonly ParsedHandle[]; readonly suppressedAt: EpochMs | null },
  digest: Digest,
  decision: Decision,
): Promise<void> {
  const hashes = person.handles.flatMap((handle) => optOutHashes(handle, digest));
  await stores.users.keepOptOuts(hashes, person.suppressedAt, decision.now);
}

/** Somebody came whose handle we never saw, or whom we erased: if these said stop, that still holds. */
export async function recallOptOut(
  stores: Stores,
  user: UserRecord,
  handle: ParsedHandle,
  digest: Digest,
  decision: Decision,
): Promise<UserRecord> {
  const suppressedAt = await stores.users.keptOptOut(optOutHashes(handle, digest));
  if (suppressedAt === null) return user;
  const wish = {
    source: 'erased',
    reason: 'said stop before we knew them, or before they were erased',
    at: suppressedAt,
  } as const;
  const suppression = await suppressUser(stores, user, wish, decision);
  return { ...user, suppression };
}
