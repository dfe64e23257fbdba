import { detectOptOut } from '@linekeeper/domain';
import { type LineRecord, versionAt, versionOfId } from '../../ports';
import type { Recognition } from './apply-message';
import { heedPasserBy, heedWords } from './heed-opt-out';
import type { IntakeEvent, MessageEvent } from './intake-event';
import type { Workspace } from './workspace';

type Inbound = Extract<MessageEvent, { kind: 'message-received' }>;

/**
 * Whether an event came in the version that its line spoke at that time. The subscriptions of either version may tell of
 * every line of the account, under different ids: only the line's own word counts, or a message would count twice. What
 * is told of a line itself holds whoever tells it: on V2 nobody else tells that a line is flagged.
 */
export function isInVersionOf(line: LineRecord, event: IntakeEvent): boolean {
  if (!('chatId' in event) || event.chatId === null || !('at' in event)) return true;
  // A thread counts nothing, and one that is read back may be older than the change of version.
  if (event.kind === 'chat-created') return versionOfId(event.chatId) === line.apiVersion;
  return versionOfId(event.chatId) === versionAt(line, event.at);
}

/**
 * A message that the other version tells of is not counted, but a stop in it is heeded: should we be wrong about what the
 * line speaks, nobody who says it may be missed. Told twice it is the same wish.
 */
export async function heedOtherTelling(
  space: Workspace,
  event: Inbound,
  { handles, digest }: Recognition,
): Promise<void> {
  if (event.isGroup || detectOptOut(event.text).kind !== 'opt-out') return;
  const handle = handles.parse(event.from);
  if (!handle) return;
  await space.flush();
  const user = space.userByHandle(handle);
  if (user?.erasedAt === null) await heedWords(space, user.id, event, null);
  else await heedPasserBy(space, handle, event, digest);
}
