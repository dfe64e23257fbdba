import type { Play } from '../play';
import type { Chat, Message } from '../types';
import { messageEditedData } from '../wire-events';
import type { World } from '../world';
import { LinqError } from './errors';

const MAX_EDITS = 5;
const EDIT_WITHIN_MS = 15 * 60_000;

/** Gives one of our messages another text, as often and as long as that is allowed. */
export function editMessage(
  { world, play }: { readonly world: World; readonly play: Play },
  chat: Chat,
  message: Message,
  { index, text, traceId }: { index: number; text: string; traceId: string },
): void {
  const part = message.parts[index];
  if (part?.type !== 'text') throw new LinqError(400, 1005, 'part_index is not a text part');
  const now = world.clock.now();
  if (message.direction === 'in') throw new LinqError(400, 1005, 'Not one of your messages');
  if (message.service !== 'iMessage') throw new LinqError(409, 2017, 'Edits need iMessage');
  if (message.edits >= MAX_EDITS || now > (message.sentAt ?? now) + EDIT_WITHIN_MS) {
    throw new LinqError(409, 2015, 'A message is edited 5 times at most, and within 15 minutes');
  }
  message.parts[index] = { type: 'text', value: text, reactions: part.reactions ?? [] };
  message.edits += 1;
  message.editedAt = now;
  world.changes += 1;
  const data = messageEditedData(chat, message, { index, text }, now);
  play.gatherings.emit('message.edited', chat, traceId, data);
}
