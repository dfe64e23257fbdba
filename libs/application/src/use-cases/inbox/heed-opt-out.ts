import { detectOptOut, type EpochMs } from '@linekeeper/domain';
import { actorText, automation } from '../../actor';
import type { ChatRecord, Digest, ParsedHandle, UserRecord } from '../../ports';
import {
  allowReplies,
  isSuppressed,
  keepOptOut,
  liftSuppression,
  suppressUser,
  type Wish,
} from '../people/suppression';
import type { MessageEvent } from './intake-event';
import type { Workspace } from './workspace';

type Inbound = Extract<MessageEvent, { kind: 'message-received' }>;

/** What a person's own words say of being written to. `lastWroteAt` is the message before, as far as we know. */
export async function heedWords(
  space: Workspace,
  userId: string,
  event: Inbound,
  lastWroteAt: EpochMs | null,
): Promise<void> {
  const user = space.user(userId);
  const verdict = detectOptOut(event.text);
  if (!user || (verdict.kind === 'none' && !isSuppressed(user))) return;
  const { stores } = space;
  const decision = { ...space.decision, actor: actorText(automation('opt-out-words')) };
  const said = (reason: string): Wish => ({ source: 'inbound', reason, at: event.at, lastWroteAt });
  const suppression =
    verdict.kind === 'opt-out'
      ? await suppressUser(stores, user, said('asked to be left alone'), decision)
      : verdict.kind === 'opt-in'
        ? await liftSuppression(stores, user, said('asked to be written to again'), decision)
        : await allowReplies(stores, user, event.at, decision);
  space.keepUser({ ...user, suppression });
}

/** Somebody of whom nothing is kept: only their wish is, without their handle, for the day on which they come to us. */
export async function heedPasserBy(
  space: Workspace,
  handle: ParsedHandle,
  event: Inbound,
  digest: Digest,
): Promise<void> {
  const { kind } = detectOptOut(event.text);
  if (kind === 'none') return;
  const suppressedAt = kind === 'opt-out' ? event.at : null;
  await keepOptOut(space.stores, { handles: [handle], suppressedAt }, digest, space.decision);
}

/**
 * Where the provider holds a person's thread for opted out, the whole fleet leaves them alone, on every line. A group
 * silences nobody, and a thread whose person is not known yet is judged by the gate once they are.
 */
export async function heedThread(
  space: Workspace,
  event: MessageEvent,
  poolId: string,
  userId: string | null,
): Promise<void> {
  if (userId === null || event.isGroup || event.chatHealth?.health !== 'OPTED_OUT') return;
  const { stores, decision } = space;
  const user: UserRecord | null = space.user(userId) ?? (await stores.users.byId(userId));
  if (!user || user.erasedAt !== null) return;
  const wish: Wish = {
    source: 'provider',
    reason: 'the provider holds the thread for opted out',
    at: event.chatHealth.at,
    lastWroteAt: space.conversation(userId, poolId).lastInboundAt,
  };
  space.keepUser({ ...user, suppression: await suppressUser(stores, user, wish, decision) });
}

/** The thread's health after an event: the newer of what the event says and what is known. */
export function healthOf(
  { chatHealth }: MessageEvent,
  known: ChatRecord | undefined,
): Pick<ChatRecord, 'health' | 'healthAt'> {
  const before = { health: known?.health ?? 'HEALTHY', healthAt: known?.healthAt ?? null } as const;
  if (chatHealth === null) return before;
  const isOlder = before.healthAt !== null && chatHealth.at < before.healthAt;
  return isOlder ? before : { health: chatHealth.health, healthAt: chatHealth.at };
}
