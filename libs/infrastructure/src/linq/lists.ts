import type { ListedChat, ListedMessage, ListPage } from '@linekeeper/application';
import { z } from 'zod';
import { UnexpectedAnswer } from './errors';
import { parseInstant } from './instants';
import { optionalParts, textOf } from './parts';
import { chatHealthNewsOf } from './words';

/**
 * What we need of the lists that gaps are filled from. Each row is judged by itself: one that we cannot read must not
 * keep a whole line from being read.
 */

const id = z.string().min(1);
const words = z.string().nullish().catch(null);
const flag = z.boolean().nullish().catch(null);
const instant = z.string().transform(parseInstant).nullish().catch(null);
const handle = z.object({ handle: id, is_me: flag, status: words });

/** A row that is not of the line asked for. */
const ELSEWHERE = 'elsewhere';

const chat = z
  .object({
    id,
    handles: z.array(handle),
    is_group: flag,
    health_status: z.unknown().optional(),
    service: words,
    created_at: instant,
    updated_at: instant,
  })
  .transform((told): ListedChat | typeof ELSEWHERE => {
    const line = told.handles.find(({ is_me: isMe }) => isMe);
    if (!line) return ELSEWHERE;
    const participants = told.handles
      .filter(({ is_me: isMe, status }) => !isMe && status !== 'left' && status !== 'removed')
      .map((each) => each.handle);
    const createdAt = told.created_at ?? null;
    const updatedAt = told.updated_at ?? createdAt;
    return {
      chatId: told.id,
      linePhoneNumber: line.handle,
      participants,
      isGroup: told.is_group ?? participants.length > 1,
      health: chatHealthNewsOf(told.health_status, updatedAt ?? 0),
      service: told.service ?? null,
      createdAt,
      updatedAt,
      messages: null,
    };
  });

const message = z
  .object({
    id,
    is_from_me: z.boolean(),
    delivery_status: words,
    created_at: instant,
    sent_at: instant,
    from_handle: handle.nullish().catch(null),
    from: words,
    parts: optionalParts,
    service: words,
  })
  .transform((told, context): ListedMessage => {
    const sentAt = told.sent_at ?? null;
    const at = sentAt ?? told.created_at ?? null;
    if (at === null) {
      context.addIssue({ code: 'custom', message: 'tells no instant', path: ['created_at'] });
      return z.NEVER;
    }
    return {
      messageId: told.id,
      direction: told.is_from_me ? 'out' : 'in',
      at,
      madeAt: told.created_at ?? at,
      status: told.is_from_me ? stateOf(told.delivery_status ?? '', sentAt !== null) : 'received',
      from: told.from_handle?.handle ?? told.from ?? null,
      text: textOf(told.parts),
      service: told.service ?? null,
    };
  });

const KNOWN = ['sent', 'delivered', 'read', 'failed'] as const;
const WAITING: readonly string[] = ['pending', 'queued'];

/** A word that is new to us says nothing; that a message was sent, its instant says. */
function stateOf(status: string, wasSent: boolean): ListedMessage['status'] {
  const known = KNOWN.find((word) => word === status);
  return known ?? (wasSent && !WAITING.includes(status) ? 'sent' : 'waiting');
}

/** Read as a page by {@link pageOf}. */
export const LISTED_CHATS = z
  .object({ chats: z.array(chat.nullable().catch(null)), next_cursor: words })
  .transform(({ chats, next_cursor: next }) => ({ rows: chats, next: next ?? null }));

export const LISTED_MESSAGES = z
  .object({ messages: z.array(message.nullable().catch(null)), next_cursor: words })
  .transform(({ messages, next_cursor: next }) => ({ rows: messages, next: next ?? null }));

/** Throws {@link UnexpectedAnswer} when no row at all can be read: then it is not a row that is odd, but the list. */
export function pageOf<Row>(
  told: { readonly rows: readonly (Row | null)[]; readonly next: string | null },
  cursor: string | null,
): ListPage<Row> {
  const rows = told.rows.filter((row) => row !== null);
  const unreadable = told.rows.length - rows.length;
  if (unreadable > 0 && rows.length === 0) {
    throw new UnexpectedAnswer('The provider answered with a list of which no row can be read');
  }
  // An empty page, and one that leads back to itself, are the end, whatever they say.
  const ends = told.rows.length === 0 || told.next === '' || told.next === cursor;
  return { rows, unreadable, next: ends ? null : told.next };
}

/** The chats of one line; the filter of the list is not relied on. */
export function ofLine(
  page: ListPage<ListedChat | typeof ELSEWHERE>,
  linePhoneNumber: string,
): ListPage<ListedChat> {
  const rows = page.rows.filter((row) => row !== ELSEWHERE);
  return { ...page, rows: rows.filter((row) => row.linePhoneNumber === linePhoneNumber) };
}
