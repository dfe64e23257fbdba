import { z } from 'zod';
import { id, optionalFlag, optionalId, optionalText } from './event-fields';
import { optionalParts } from './parts';

/**
 * Only what is relied on is checked; everything else may come and go. What we cannot do without must be right, and
 * anything else that has a wrong type reads as absent.
 */

const handle = z.object({ handle: id, is_me: optionalFlag });
const optionalHandle = handle.nullish().catch(null);

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
  // Told of a message that came late, by way of the provider's books or ours.
  reconciled_at: optionalText,
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
  // Null in news that was read back: lists tell that a message failed, and not why.
  code: code.nullable(),
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
