import type { ListedChat, ListedMessage } from '@linekeeper/application';
import { z } from 'zod';
import { storableText } from '../linq/parts';
import { chat, id, instant, phone, type ToldChat, words } from './answers';
import { messageIdOf } from './ids';
import { statusOf } from './words';

/** The lists that gaps are filled from. Each row is judged by itself: one that we cannot read keeps no other from being read. */

const meta = z.object({ total_pages: z.int().nonnegative() });

const message = z
  .object({
    id,
    text: words,
    sent_from: phone,
    sent_at: instant,
    delivery_status: words,
    is_read: z.boolean().nullish().catch(null),
  })
  .transform((told, context) => {
    const { sent_at: at } = told;
    if (at !== null) return { ...told, at };
    context.addIssue({ code: 'custom', message: 'tells no instant', path: ['sent_at'] });
    return z.NEVER;
  });
type ToldMessage = z.infer<typeof message>;

export const LISTED_CHATS = pageWith(chat);
export const LISTED_MESSAGES = pageWith(message);

function pageWith<T extends z.ZodType>(row: T) {
  return z
    .object({ data: z.array(row.nullable().catch(null)), meta })
    .transform((told) => ({ rows: told.data, pages: told.meta.total_pages }));
}

const PAGE_SIZE = 100;

/** V2 counts pages from 1, and its cursor is the number of one. */
export function pageAt(cursor: string | null): (readonly [string, string])[] {
  return [
    ['page', cursor ?? '1'],
    ['per_page', String(PAGE_SIZE)],
  ];
}

export function nextOf(
  { pages }: { readonly pages: number },
  cursor: string | null,
): string | null {
  const page = Number(cursor ?? '1');
  return page < pages ? String(page + 1) : null;
}

export function listedChat(told: ToldChat, linePhoneNumber: string): ListedChat {
  const participants = told.handles.filter((handle) => handle !== linePhoneNumber);
  return {
    chatId: told.chatId,
    linePhoneNumber,
    participants,
    isGroup: told.group ?? participants.length > 1,
    health: null,
    service: told.service,
    createdAt: null,
    updatedAt: null,
    messages: told.messages,
  };
}

export function listedMessage(
  told: ToldMessage,
  chatId: string,
  linePhoneNumber: string,
): ListedMessage {
  const isOurs = told.sent_from === linePhoneNumber;
  return {
    messageId: messageIdOf(chatId, told.id),
    direction: isOurs ? 'out' : 'in',
    at: told.at,
    madeAt: told.at,
    status: isOurs ? stateOf(told) : 'received',
    from: told.sent_from,
    text: storableText(told.text ?? ''),
    service: null,
  };
}

function stateOf(told: ToldMessage): ListedMessage['status'] {
  const status = statusOf(told.delivery_status ?? '', told.is_read === true);
  if (status === 'queued') return 'waiting';
  return status === 'delivered' || status === 'read' || status === 'failed' ? status : 'sent';
}
