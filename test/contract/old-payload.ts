import { z } from 'zod';

const instant = z.iso.datetime({ offset: true });
const handle = z.strictObject({
  id: z.uuid(),
  handle: z.string(),
  is_me: z.boolean(),
  service: z.enum(['iMessage', 'SMS', 'RCS']),
  status: z.enum(['active', 'left', 'removed']),
  joined_at: instant,
  left_at: instant.nullable(),
});

/** `data` of the core message events in version 2025-01-01, which the client does not type: every field, and no other. */
export const messageData2025 = z.strictObject({
  chat_id: z.uuid(),
  is_group: z.boolean(),
  is_from_me: z.boolean(),
  from: z.string(),
  from_handle: handle,
  recipient_handle: handle.nullable(),
  recipient_phone: z.string().nullable(),
  received_at: instant.nullable(),
  service: z.enum(['iMessage', 'SMS', 'RCS']),
  preferred_service: z.string().nullable(),
  idempotency_key: z.string().nullable(),
  message: z.strictObject({
    id: z.uuid(),
    parts: z.array(z.strictObject({ type: z.literal('text'), value: z.string() })).min(1),
    effect: z.object({}).optional(),
    reply_to: z.object({}).optional(),
    is_delivered: z.boolean(),
    is_read: z.boolean(),
    sent_at: instant,
    delivered_at: instant.nullable(),
    read_at: instant.nullable(),
    created_at: instant,
    updated_at: instant,
  }),
});
