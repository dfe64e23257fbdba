import { z } from 'zod';

/** The answers of V2 as its reference has them: every field, and no other. */
const id = z.int().positive();
const instant = z.iso.datetime({ offset: true });
const service = z.enum(['iMessage', 'SMS', 'RCS']);
const number = z.string().regex(/^\+\d+$/);
const handle = z.strictObject({ id, phone_number: number, service, joined_at: instant });
const attachment = z.strictObject({
  id: z.uuid(),
  url: z.url(),
  filename: z.string(),
  mime_type: z.string(),
  file_size: z.int(),
});

export const reaction = z.strictObject({
  id,
  chat_message_id: id,
  reaction: z.enum(['love', 'like', 'dislike', 'laugh', 'emphasize', 'question']),
  is_from_me: z.boolean(),
  from_phone: number,
  sent_at: instant,
  created_at: instant,
  updated_at: instant,
});
export const chat = z.strictObject({
  id,
  display_name: z.string(),
  service,
  group: z.boolean(),
  message_count: z.int(),
  chat_handles: z.array(handle).min(1),
});
export const message = z.strictObject({
  id,
  text: z.string(),
  sent_at: instant,
  delivered_at: instant.nullable(),
  delivery_status: z.enum(['pending', 'delivered', 'service_unavailable', 'paused']),
  edited_at: instant.nullable(),
  is_read: z.boolean(),
  sent_from: number,
  chat_handle_id: id.nullable(),
  attachments: z.array(attachment),
  reactions: z.array(reaction),
});
export const created = z.strictObject({
  data: z.strictObject({
    id,
    display_name: z.string(),
    service,
    group: z.boolean(),
    chat_handles: z.array(handle).min(1),
    chat_messages: z.strictObject({
      id,
      text: z.string(),
      sent_at: instant,
      delivered_at: instant.nullable(),
      delivery_status: z.enum(['pending', 'delivered', 'rate_limit_exceeded', 'paused']),
      is_read: z.boolean(),
      attachments: z.array(attachment),
    }),
  }),
});
export const pageOf = <T extends z.ZodType>(row: T) =>
  z.strictObject({
    data: z.array(row),
    meta: z.strictObject({
      page: z.int(),
      total_pages: z.int(),
      total_count: z.int(),
      per_page: z.int(),
    }),
  });
export const line = z.strictObject({
  id,
  phone_number: number,
  forwarding_number: number.nullable(),
  response_rate: z.int(),
});
export const subscription = z.strictObject({
  id,
  webhook_url: z.url(),
  version: z.literal(2),
  events: z.array(z.string()),
  active: z.boolean(),
  secret_configured: z.boolean(),
  last_delivered_at: instant.nullable(),
  delivery_attempts: z.int(),
  created_at: instant,
  updated_at: instant,
});
export const error = z.strictObject({
  errors: z
    .array(
      z.strictObject({
        status: z.int(),
        code: z.string(),
        title: z.string(),
        detail: z.string(),
      }),
    )
    .min(1),
});
export const flatError = z.strictObject({
  status: z.int(),
  error_code: z.string(),
  message: z.string(),
  errors: z.array(z.string()).min(1),
});
