import { z } from 'zod';

/**
 * Only what is relied on is checked; everything else may come and go. What we cannot do without must be right, and
 * anything else that has a wrong type reads as absent.
 */

/** Ids and handles become keys and columns, where control characters and halves of a character cannot stand. */
const UNSTORABLE = /[\p{Cc}\p{Cs}]/u;
const id = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !UNSTORABLE.test(text), 'holds characters that no id has');
const optionalId = id.nullish().catch(null);
const optionalFlag = z.boolean().nullish().catch(null);
/** Dates are read later, by their own lenient rules. */
const optionalText = z.string().nullish().catch(null);
const handle = z.object({ handle: id, is_me: optionalFlag });
const optionalHandle = handle.nullish().catch(null);
/** Each part is judged by itself: one that we cannot read must not hide the text beside it. */
const parts = z.array(z.object({ type: z.string(), value: optionalText }).catch({ type: '?' }));
const optionalParts = parts.nullish().catch(null);

export const envelope = z.object({
  event_type: id,
  event_id: id,
  created_at: optionalText,
  webhook_version: optionalText,
  data: z.unknown().optional(),
});

/** message.sent, received, delivered and read of version 2026-02-03. */
export const message2026 = z.object({
  id,
  chat: z.object({
    id,
    is_group: optionalFlag,
    health_status: z.unknown().optional(),
    owner_handle: optionalHandle,
  }),
  direction: optionalText,
  sender_handle: optionalHandle,
  parts: optionalParts,
  service: optionalId,
  idempotency_key: optionalId,
  sent_at: optionalText,
});

/** The same events of version 2025-01-01. */
export const message2025 = z.object({
  chat_id: id,
  is_group: optionalFlag,
  is_from_me: optionalFlag,
  from_handle: optionalHandle,
  from: optionalId,
  recipient_handle: optionalHandle,
  recipient_phone: optionalId,
  received_at: optionalText,
  service: optionalId,
  idempotency_key: optionalId,
  message_id: optionalId,
  message: z
    .object({ id: optionalId, parts: optionalParts, sent_at: optionalText })
    .nullish()
    .catch(null),
});

/** As large as the column; what is no code of the provider's anyway must not keep the failure from being noted. */
const code = z.int().transform((value) => (z.int32().safeParse(value).success ? value : null));

export const failed = z.object({
  code,
  message_id: optionalId,
  chat_id: optionalId,
  failed_at: optionalText,
});

export const statusUpdated = z.object({
  phone_number: id,
  new_status: z.unknown().optional(),
  new_reputation: z.unknown().optional(),
  new_health_status: z.unknown().optional(),
  changed_at: optionalText,
});

export const chatCreated = z.object({
  id,
  is_group: optionalFlag,
  handles: z.array(handle),
  created_at: optionalText,
  service: optionalId,
});
