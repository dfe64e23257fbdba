import type { LinqAPIV3 } from '@linqapp/sdk';
import { z } from 'zod';

type Subscription = LinqAPIV3.WebhookSubscription;
type EventType = LinqAPIV3.WebhookEventType;

/**
 * The shapes that Linq's client promises, checked at run time. `satisfies` makes the compiler hold each of them
 * against the client's own type, so that neither side can drift alone.
 */
const instant = z.iso.datetime({ offset: true });
const id = z.uuid();
const service = z.enum(['iMessage', 'SMS', 'RCS']);
const deliveryStatus = z.enum([
  'pending',
  'queued',
  'sent',
  'delivered',
  'received',
  'read',
  'failed',
]);

export const EVENT_TYPE = z.custom<EventType>(
  (value) => typeof value === 'string' && value.includes('.'),
);

const chatHandle = z.object({
  id,
  handle: z.string(),
  joined_at: instant,
  service,
  is_me: z.boolean(),
  left_at: instant.nullable(),
  status: z.enum(['active', 'left', 'removed']),
}) satisfies z.ZodType<LinqAPIV3.ChatHandle>;

const chatHealth = z.object({
  doc_url: z.url(),
  status: z.enum(['HEALTHY', 'AT_RISK', 'CRITICAL', 'OPTED_OUT']),
  updated_at: instant,
});

const textPart = z.object({
  type: z.literal('text'),
  value: z.string(),
  reactions: z.null(),
  text_decorations: z.null(),
}) satisfies z.ZodType<LinqAPIV3.TextPartResponse>;

export const chat = z.object({
  id,
  created_at: instant,
  updated_at: instant,
  display_name: z.string().nullable(),
  handles: z.array(chatHandle).min(2),
  health_status: chatHealth,
  is_archived: z.boolean(),
  is_group: z.boolean(),
  service,
}) satisfies z.ZodType<LinqAPIV3.Chat>;

const sentMessage = z.object({
  id,
  created_at: instant,
  delivery_status: deliveryStatus,
  is_read: z.boolean(),
  parts: z.array(textPart).min(1),
  sent_at: instant.nullable(),
  delivered_at: instant.nullable(),
  from_handle: chatHandle,
  service,
}) satisfies z.ZodType<LinqAPIV3.Chats.SentMessage>;

export const createdChat = z.object({
  chat: z.object({
    id,
    display_name: z.string().nullable(),
    handles: z.array(chatHandle).min(2),
    health_status: chatHealth,
    is_group: z.boolean(),
    message: sentMessage,
    service,
  }),
}) satisfies z.ZodType<LinqAPIV3.ChatCreateResponse>;

export const sentAnswer = z.object({
  chat_id: id,
  message: sentMessage,
}) satisfies z.ZodType<LinqAPIV3.Chats.MessageSendResponse>;

export const message = z.object({
  id,
  chat_id: id,
  created_at: instant,
  updated_at: instant,
  delivery_status: deliveryStatus,
  is_delivered: z.boolean(),
  is_from_me: z.boolean(),
  is_read: z.boolean(),
  parts: z.array(textPart).min(1),
  from: z.string(),
  from_handle: chatHandle,
  sent_at: instant.nullable(),
  read_at: instant.nullable(),
}) satisfies z.ZodType<LinqAPIV3.Message>;

const reputation = z.object({
  doc_url: z.url(),
  status: z.enum(['HEALTHY', 'AT_RISK', 'CRITICAL']),
});
export const phoneNumbers = z.object({
  phone_numbers: z
    .array(
      z.object({
        id,
        phone_number: z.string(),
        health_status: reputation,
        reputation,
        forwarding_number: z.string().nullable(),
      }),
    )
    .min(1),
}) satisfies z.ZodType<LinqAPIV3.PhoneNumberListResponse>;

export const updatedNumber = z.object({
  id,
  phone_number: z.string(),
  forwarding_number: z.string().nullable(),
}) satisfies z.ZodType<LinqAPIV3.PhoneNumberUpdateResponse>;

export const oldPhoneNumbers = z.object({
  phone_numbers: z.array(z.object({ id, phone_number: z.string() })).min(1),
}) satisfies z.ZodType<LinqAPIV3.PhonenumberListResponse>;

export const availableNumber = z.object({
  phone_number: z.string(),
  vcf_url: z.url(),
}) satisfies z.ZodType<LinqAPIV3.AvailableNumberRetrieveResponse>;

export const card = z.object({
  first_name: z.string(),
  last_name: z.string().exactOptional(),
  is_active: z.boolean(),
  phone_number: z.string(),
}) satisfies z.ZodType<LinqAPIV3.SetContactCard>;

export const cards = z.object({
  contact_cards: z.array(card).min(1),
}) satisfies z.ZodType<LinqAPIV3.ContactCardRetrieveResponse>;

export const events = z.object({
  doc_url: z.literal('https://docs.linqapp.com/guides/webhooks/events'),
  events: z.array(EVENT_TYPE).min(20),
}) satisfies z.ZodType<LinqAPIV3.WebhookEventListResponse>;

export const subscription = z.object({
  id,
  created_at: instant,
  updated_at: instant,
  is_active: z.boolean(),
  subscribed_events: z.array(EVENT_TYPE).min(1),
  target_url: z.url(),
  phone_numbers: z.array(z.string()).nullable(),
}) satisfies z.ZodType<Subscription>;

export const createdSubscription = subscription.extend({
  signing_secret: z.string().regex(/^whsec_[A-Za-z0-9+/]{43}=$/),
}) satisfies z.ZodType<LinqAPIV3.WebhookSubscriptionCreateResponse>;

export const subscriptions = z.object({
  subscriptions: z.array(subscription),
}) satisfies z.ZodType<LinqAPIV3.WebhookSubscriptionListResponse>;
