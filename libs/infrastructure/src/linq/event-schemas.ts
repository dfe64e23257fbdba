import { CHAT_HEALTHS, type ChatHealth } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import { z } from 'zod';
import { parseInstant } from './instant';

/**
 * What we need of the provider's webhook bodies, and no more: unknown fields are passed over, closed lists of
 * words are treated as open (an unknown word reads as null), and optional fields of a wrong type read as absent.
 */

const MAX_ID = 255;
/** Ids and handles become keys and columns, where control characters and halves of a character cannot stand. */
const UNSTORABLE = /[\p{Cc}\p{Cs}]/u;

const id = z
  .string()
  .min(1)
  .max(MAX_ID)
  .refine((text) => !UNSTORABLE.test(text), 'holds characters that no id has');
const optionalId = id.nullish().catch(null);
const instant = z.string().transform(parseInstant).nullish().catch(null);
const flag = z.boolean().nullish().catch(null);
const oneOf = <const T extends readonly [string, ...string[]]>(words: T) =>
  z.enum(words).nullish().catch(null);
const handle = z.object({ handle: id });
const optionalHandle = handle.nullish().catch(null);
const textPart = z.object({ type: z.enum(['text', 'link']), value: z.string() });

/** The readable text of a message: its text and link parts, one a line. Attachments have none. */
const text = z
  .array(z.unknown())
  .catch([])
  .transform((parts) =>
    parts
      .flatMap((part) => {
        const read = textPart.safeParse(part);
        return read.success ? [read.data.value] : [];
      })
      .join('\n')
      // A text column takes neither a NUL nor half of a surrogate pair.
      .replaceAll('\u0000', '')
      .toWellFormed(),
  );

/** The fields that every delivery has, whatever it tells. */
export const ENVELOPE = z.object({
  event_id: id,
  event_type: id,
  webhook_version: z.string().nullish().catch(null),
  created_at: instant,
  data: z.unknown().optional(),
});
export const EVENT_ID = z.object({ event_id: id });
export const EVENT_TYPE = z.object({ event_type: id });

/** A message event in one form for all payload versions. `at` is when the message was sent, as far as is told. */
export interface MessageFacts {
  readonly messageId: string | null;
  readonly chatId: string;
  readonly owner: string | null;
  readonly sender: string | null;
  readonly recipient: string | null;
  readonly outbound: boolean | null;
  readonly at: EpochMs | null;
  readonly isGroup: boolean;
  readonly chatHealth: ChatHealth | null;
  readonly service: string | null;
  readonly idempotencyKey: string | null;
  readonly text: string;
}

/** `data` of the four message events since version 2026-02-03. */
export const MESSAGE_2026: z.ZodType<MessageFacts> = z
  .object({
    id,
    chat: z.object({
      id,
      is_group: flag,
      owner_handle: optionalHandle,
      health_status: z
        .object({ status: oneOf(CHAT_HEALTHS) })
        .nullish()
        .catch(null),
    }),
    direction: oneOf(['inbound', 'outbound']),
    sender_handle: optionalHandle,
    parts: text.optional(),
    service: optionalId,
    idempotency_key: optionalId,
    sent_at: instant,
    delivered_at: instant,
    read_at: instant,
  })
  .transform((data) => ({
    messageId: data.id,
    chatId: data.chat.id,
    owner: data.chat.owner_handle?.handle ?? null,
    sender: data.sender_handle?.handle ?? null,
    recipient: null,
    outbound: data.direction ? data.direction === 'outbound' : null,
    at: data.sent_at ?? data.delivered_at ?? data.read_at ?? null,
    isGroup: data.chat.is_group ?? false,
    chatHealth: data.chat.health_status?.status ?? null,
    service: data.service ?? null,
    idempotencyKey: data.idempotency_key ?? null,
    text: data.parts ?? '',
  }));

/** `data` of the same four events in version 2025-01-01, which knows no chat health. */
export const MESSAGE_2025: z.ZodType<MessageFacts> = z
  .object({
    chat_id: id,
    message_id: optionalId,
    is_group: flag,
    is_from_me: flag,
    from: optionalId,
    from_handle: optionalHandle,
    recipient_handle: optionalHandle,
    recipient_phone: optionalId,
    received_at: instant,
    delivered_at: instant,
    read_at: instant,
    service: optionalId,
    idempotency_key: optionalId,
    message: z
      .object({
        id: optionalId,
        parts: text.optional(),
        sent_at: instant,
        delivered_at: instant,
        read_at: instant,
      })
      .nullish()
      .catch(null),
  })
  .transform(({ message, ...data }) => ({
    messageId: data.message_id ?? message?.id ?? null,
    chatId: data.chat_id,
    owner: null,
    sender: data.from_handle?.handle ?? data.from ?? null,
    recipient: data.recipient_handle?.handle ?? data.recipient_phone ?? null,
    outbound: data.is_from_me ?? null,
    at:
      message?.sent_at ??
      data.received_at ??
      data.delivered_at ??
      message?.delivered_at ??
      data.read_at ??
      message?.read_at ??
      null,
    isGroup: data.is_group ?? false,
    chatHealth: null,
    service: data.service ?? null,
    idempotencyKey: data.idempotency_key ?? null,
    text: message?.parts ?? '',
  }));

export const MESSAGE_FAILED = z.object({
  code: z.int(),
  chat_id: optionalId,
  message_id: optionalId,
  failed_at: instant,
});

const reputation = oneOf(['HEALTHY', 'AT_RISK', 'CRITICAL']);

export const LINE_STATUS = z.object({
  phone_number: id,
  new_status: oneOf(['ACTIVE', 'FLAGGED']),
  new_reputation: reputation,
  // The name that the reputation had before; older deliveries have only this one.
  new_health_status: reputation,
  changed_at: instant,
});

export const CHAT_CREATED = z.object({
  id,
  created_at: instant,
  is_group: flag,
  service: optionalId,
  handles: z.array(z.unknown()).transform((handles) =>
    handles.flatMap((each) => {
      const read = handle.extend({ is_me: flag }).safeParse(each);
      return read.success ? [{ handle: read.data.handle, isMe: read.data.is_me ?? false }] : [];
    }),
  ),
});
