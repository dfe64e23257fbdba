import { z } from 'zod';

/** Only what is relied on is checked; everything else may come and go. */
const handle = z.object({ handle: z.string().min(1), is_me: z.boolean().nullish() });
const parts = z.array(z.object({ type: z.string(), value: z.string().nullish() })).catch([]);
const optionalText = z.string().nullish().catch(null);

export const envelope = z.object({
  event_type: z.string().min(1).max(200),
  event_id: z.string().min(1).max(200),
  created_at: z.string(),
  webhook_version: z.string().optional().catch(undefined),
  data: z.record(z.string(), z.unknown()),
});

/** message.sent, received, delivered and read of version 2026-02-03. */
export const message2026 = z.object({
  id: z.string().min(1),
  chat: z.object({
    id: z.string().min(1),
    is_group: z.boolean().nullish(),
    health_status: z.unknown(),
    owner_handle: handle.nullish(),
  }),
  direction: z.string(),
  sender_handle: handle,
  parts,
  service: optionalText,
  idempotency_key: optionalText,
  sent_at: optionalText,
  delivered_at: optionalText,
  read_at: optionalText,
});

/** The same events of version 2025-01-01. */
export const message2025 = z.object({
  chat_id: z.string().min(1),
  is_group: z.boolean().nullish(),
  is_from_me: z.boolean(),
  from_handle: handle.nullish(),
  from: optionalText,
  recipient_handle: handle.nullish(),
  recipient_phone: optionalText,
  received_at: optionalText,
  service: optionalText,
  idempotency_key: optionalText,
  message_id: optionalText,
  message: z
    .object({
      id: z.string().min(1).optional(),
      parts,
      sent_at: optionalText,
      created_at: optionalText,
    })
    .optional(),
});

export const failed = z.object({
  code: z.number().int(),
  message_id: optionalText,
  chat_id: optionalText,
  failed_at: optionalText,
});

export const statusUpdated = z.object({
  phone_number: z.string().min(1),
  new_status: z.unknown(),
  new_reputation: z.unknown(),
  new_health_status: z.unknown(),
  changed_at: optionalText,
});

export const chatCreated = z.object({
  id: z.string().min(1),
  is_group: z.boolean().nullish(),
  handles: z.array(handle),
  created_at: optionalText,
  service: optionalText,
});
