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

const reactions = z
  .array(
    z.object({
      handle: chatHandle,
      is_me: z.boolean(),
      type: z.enum([
        ...(['love', 'like', 'dislike', 'laugh', 'emphasize', 'question'] as const),
        ...(['custom', 'sticker'] as const),
      ]),
      custom_emoji: z.string().nullable(),
    }),
  )
  .nullable() satisfies z.ZodType<LinqAPIV3.Reaction[] | null>;

const textPart = z.object({
  type: z.literal('text'),
  value: z.string(),
  reactions,
  text_decorations: z.null(),
}) satisfies z.ZodType<LinqAPIV3.TextPartResponse>;

const linkPart = z.object({
  type: z.literal('link'),
  value: z.string(),
  reactions,
}) satisfies z.ZodType<LinqAPIV3.LinkPartResponse>;

const mediaPart = z.object({
  type: z.literal('media'),
  id,
  url: z.url(),
  filename: z.string().min(1),
  mime_type: z.string().includes('/'),
  size_bytes: z.number().int(),
  reactions,
}) satisfies z.ZodType<LinqAPIV3.MediaPartResponse>;

const appPart = z.object({
  type: z.literal('imessage_app'),
  app: z.object({ bundle_id: z.string(), name: z.string(), team_id: z.string() }),
  layout: z.object({ caption: z.string().exactOptional() }),
  url: z.string(),
  fallback_text: z.string().nullable(),
  reactions,
}) satisfies z.ZodType<LinqAPIV3.Message.IMessageAppPartResponse>;

const part = z.union([textPart, linkPart, mediaPart, appPart]);
const effect = z.object({ type: z.enum(['screen', 'bubble']), name: z.string() });
const replyTo = z.object({ message_id: id, part_index: z.number().int() });

export const chat = z.object({
  id,
  created_at: instant,
  updated_at: instant,
  display_name: z.string().nullable(),
  handles: z.array(chatHandle).min(2),
  health_status: chatHealth,
  is_archived: z.boolean(),
  is_group: z.boolean(),
  group_chat_icon: z.string().nullable(),
  service,
}) satisfies z.ZodType<LinqAPIV3.Chat>;

const sentMessage = z.object({
  id,
  created_at: instant,
  delivery_status: deliveryStatus,
  is_read: z.boolean(),
  parts: z.array(part).min(1),
  effect: effect.nullable(),
  reply_to: replyTo.nullable(),
  preferred_service: service.nullable(),
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
  parts: z.array(part).min(1),
  effect: effect.nullable(),
  reply_to: replyTo.nullable(),
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

export const chosenAnswer = z.object({
  chat_id: id,
  created_new_chat: z.boolean(),
  from: z.string(),
  from_selection: z.object({
    reason: z.enum(['reused_active_chat', 'new_best_number', 'failover_flagged']),
    reused_existing_chat: z.boolean(),
  }),
  handles: z.array(chatHandle).min(2),
  is_group: z.boolean(),
  message: sentMessage,
  service,
  previous_chat_id: id.nullable(),
}) satisfies z.ZodType<LinqAPIV3.MessageCreateResponse>;

/** A page of the client: what a list answers, with the cursor of the next page. */
export const chatPage = z.object({ chats: z.array(chat).min(1), next_cursor: z.string() });
export const messagePage = z.object({ messages: z.array(message).min(1), next_cursor: z.string() });

/** The answer to what is done later. */
export const queued = z.object({
  message: z.string(),
  status: z.literal('accepted'),
  trace_id: z.string().regex(/^[0-9a-f]{32}$/),
}) satisfies z.ZodType<LinqAPIV3.Chats.ParticipantAddResponse>;

export const updatedChat = z.object({
  chat_id: id,
  status: z.string(),
}) satisfies z.ZodType<LinqAPIV3.ChatUpdateResponse>;

export const createdAttachment = z.object({
  attachment_id: id,
  upload_url: z.url(),
  download_url: z.url(),
  expires_at: instant,
  http_method: z.literal('PUT'),
  required_headers: z.record(z.string(), z.string()),
}) satisfies z.ZodType<LinqAPIV3.AttachmentCreateResponse>;

export const attachment = z.object({
  id,
  content_type: z.literal('audio/mpeg'),
  created_at: instant,
  filename: z.string(),
  size_bytes: z.number().int(),
  status: z.enum(['pending', 'complete', 'failed']),
  download_url: z.url().exactOptional(),
}) satisfies z.ZodType<LinqAPIV3.AttachmentRetrieveResponse>;

export const voiceMemo = z.object({
  voice_memo: z.object({
    id,
    chat: z.object({
      id,
      handles: z.array(chatHandle).min(2),
      is_active: z.boolean(),
      is_group: z.boolean(),
      service,
    }),
    created_at: instant,
    from: z.string(),
    to: z.array(z.string()).min(1),
    status: z.string(),
    service,
    voice_memo: z.object({
      id,
      filename: z.string(),
      mime_type: z.string(),
      size_bytes: z.number().int(),
      url: z.url(),
      duration_ms: z.number().nullable(),
    }),
  }),
}) satisfies z.ZodType<LinqAPIV3.ChatSendVoicememoResponse>;

export const requestedLocation = z.object({
  success: z.literal(true),
  message: z.string(),
}) satisfies z.ZodType<LinqAPIV3.Chats.LocationRequestResponse>;

export const location = z.object({
  success: z.boolean(),
  data: z.object({
    type: z.literal('FeatureCollection'),
    features: z
      .array(
        z.object({
          type: z.literal('Feature'),
          geometry: z.object({ type: z.literal('Point'), coordinates: z.array(z.number()).min(2) }),
          properties: z.object({ handle: z.string(), updated_at: instant }),
        }),
      )
      .min(1),
  }),
}) satisfies z.ZodType<LinqAPIV3.Chats.GetChatLocationResponse>;

export const capability = z.object({
  address: z.string(),
  available: z.boolean(),
}) satisfies z.ZodType<LinqAPIV3.HandleCheckResponse>;

/** What has no body: the client answers with nothing. */
export const nothing = z.union([z.null(), z.undefined(), z.literal('')]);

export const receivedEvent = z.object({
  api_version: z.literal('v3'),
  webhook_version: z.literal('2026-02-03'),
  event_type: z.literal('message.received'),
  event_id: id,
  created_at: instant,
  trace_id: z.string().regex(/^[0-9a-f]{32}$/),
  partner_id: z.string(),
  data: z.object({
    id,
    chat: z.object({
      id,
      is_group: z.boolean(),
      health_status: chatHealth,
      owner_handle: chatHandle,
    }),
    direction: z.literal('inbound'),
    parts: z.array(z.object({ type: z.literal('text'), value: z.string() })).min(1),
    sender_handle: chatHandle,
    service,
    effect: effect.nullable(),
    reply_to: replyTo.nullable(),
    sent_at: instant,
    delivered_at: instant.nullable(),
    read_at: instant.nullable(),
  }),
}) satisfies z.ZodType<LinqAPIV3.MessageReceivedWebhookEvent>;
