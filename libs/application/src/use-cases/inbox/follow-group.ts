import type { LineRecord, SendRecord } from '../../ports';
import { announce } from '../shared';
import type { MessageEvent } from './intake-event';
import type { Workspace } from './workspace';

/**
 * A message that was admitted to a group went into another thread than the gate knew of: the group was made anew on
 * another line, or the provider goes on with it in another thread. From now on that is the group's, and its earlier ids
 * are aliases.
 */
export async function followGroup(
  space: Workspace,
  { groupChatId, newConversation }: SendRecord,
  event: MessageEvent,
  line: LineRecord,
): Promise<void> {
  const from = groupChatId ?? null;
  if (from === null || from === event.chatId) return;
  await space.flush();
  const { stores, decision } = space;
  const [old] = await stores.conversations.chats([from]);
  if (!old || !(await stores.groups.continueIn(from, event.chatId))) return;
  const ids = { lineId: line.id, chatId: event.chatId, previousChatId: from };
  await (newConversation
    ? announce(stores, decision, 'group.recreated', { ...ids, fromLineId: old.lineId })
    : announce(stores, decision, 'group.chat-changed', ids));
}
