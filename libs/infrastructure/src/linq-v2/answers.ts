import type { ProviderLine, ProviderSubscription } from '@linekeeper/application';
import { z } from 'zod';
import { fullNumber } from './ids';
import { parseV2Instant } from './instants';
import { V2_SUBSCRIBED_EVENTS } from './subscribed-events';
import { statusOf } from './words';

/** What we need of V2's answers. Required is only what we cannot do without; every list of words is open. */

const text = z.string().min(1);
/** Whole numbers here, and texts in webhooks: texts for us. */
export const id = z
  .union([z.int().positive(), z.string().regex(/^[1-9]\d{0,14}$/)])
  .transform(String);
export const phone = text.transform(fullNumber);
export const words = z.string().nullish().catch(null);
export const instant = z.unknown().transform(parseV2Instant);

export const LINES = z.object({
  phone_numbers: z.array(
    z
      .object({ id, phone_number: phone, forwarding_number: words })
      .transform((line): ProviderLine => ({
        providerLineId: line.id,
        phoneNumber: line.phone_number,
        // An empty one is none.
        forwardingNumber: line.forwarding_number ? fullNumber(line.forwarding_number) : null,
        // V2 knows neither.
        ...{ reputation: null, status: null, listedBy: 'v2' },
      })),
  ),
});

export const AVAILABILITY = z.object({ available: z.boolean() });

export const chat = z
  .object({
    id,
    group: z.boolean().nullish().catch(null),
    service: words,
    message_count: z.int().nonnegative().nullish().catch(null),
    chat_handles: z.array(z.object({ phone_number: phone })),
  })
  .transform((told) => ({
    chatId: told.id,
    handles: told.chat_handles.map(({ phone_number: number }) => number),
    group: told.group ?? null,
    service: told.service ?? null,
    messages: told.message_count ?? null,
  }));
/** A chat as V2 tells it: it does not say whose line it is on. */
export type ToldChat = z.infer<typeof chat>;

export const CHAT = z.object({ data: chat });
export const FOUND_CHAT = z.object({ data: z.object({ chat: chat.nullable() }) });

/** What was sent, and the word with which it was taken. */
export const CHAT_CREATED = z.object({
  data: z.object({ id, chat_messages: z.object({ id, delivery_status: words }) }),
});
export const MESSAGE_SENT = z.object({ data: z.object({ id, delivery_status: words }) });

export const MESSAGE = z.object({
  data: z
    .object({
      delivery_status: text,
      is_read: z.boolean().nullish().catch(null),
      sent_at: instant,
    })
    .transform((message) => ({
      status: statusOf(message.delivery_status, message.is_read === true),
      at: message.sent_at,
    })),
});

const listed = z
  .object({ id, text: words, sent_from: words, sent_at: instant })
  .transform((message) => ({
    number: message.id,
    text: message.text ?? '',
    from: message.sent_from ?? null,
    at: message.sent_at,
  }));
export type ListedMessage = z.infer<typeof listed>;

export const MESSAGE_PAGE = z.object({
  data: z.array(listed),
  meta: z.object({ total_pages: z.int().nonnegative() }),
});

export const SUBSCRIPTIONS = z.object({
  webhook_subscriptions: z.array(
    z
      .object({
        id,
        webhook_url: z.string(),
        active: z.boolean(),
        events: z.array(z.string()),
        secret_configured: z.boolean().nullish().catch(null),
      })
      .transform((subscription): ProviderSubscription => ({
        id: subscription.id,
        targetUrl: subscription.webhook_url,
        active: subscription.active,
        // Without a secret nothing is signed, and nothing of it can be believed.
        complete:
          subscription.secret_configured === true &&
          V2_SUBSCRIBED_EVENTS.every((event) => subscription.events.includes(event)),
        // A subscription of V2 covers every line of the account.
        filtered: false,
      })),
  ),
});

export const SUBSCRIPTION_CREATED = z.object({ webhook_subscription: z.object({ id }) });
