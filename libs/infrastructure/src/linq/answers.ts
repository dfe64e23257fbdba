import type {
  ChatHealth,
  ProviderChat,
  ProviderLine,
  ProviderSubscription,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import { z } from 'zod';
import { SUBSCRIBED_EVENTS } from './subscribed-events';
import { parseInstant } from './instants';
import { chatHealthOf, reputationOf, statusOf } from './words';

/**
 * What we need of Linq's answers. Required is only what we cannot do without: fields come and go between the
 * versions of its interface, and every list of words is open.
 */

const id = z.string().min(1);
const words = z.string().nullish().catch(null);
const instant = z.string().transform(parseInstant).nullish().catch(null);

export const LINES = z.object({
  phone_numbers: z.array(
    z
      .object({
        id,
        phone_number: id,
        reputation: z.unknown().optional(),
        // The former name of the reputation.
        health_status: z.unknown().optional(),
        status: z.unknown().optional(),
        // An empty one is none.
        forwarding_number: id.nullish().catch(null),
      })
      .transform((line): ProviderLine => ({
        providerLineId: line.id,
        phoneNumber: line.phone_number,
        reputation: reputationOf(line.reputation ?? line.health_status),
        status: statusOf(line.status),
        listedBy: 'v3',
        forwardingNumber: line.forwarding_number ?? null,
      })),
  ),
});

export const CAPABILITY = z.object({ available: z.boolean() });

/** A chat is healthy until told otherwise; a word that is new to us is taken as a reason for care. */
const chatHealth = z
  .object({ status: z.string() })
  .nullish()
  .catch(null)
  .transform((health): ChatHealth => (health ? (chatHealthOf(health) ?? 'AT_RISK') : 'HEALTHY'));

/** `updatedAt` is null when the chat does not say when it last changed. */
export interface DatedChat {
  readonly chat: ProviderChat;
  readonly updatedAt: EpochMs | null;
}

/** Null for a chat that no line of ours is in any more. */
const chat = z
  .object({
    id,
    handles: z.array(
      z.object({ handle: id, is_me: z.boolean().nullish().catch(null), status: words }),
    ),
    is_group: z.boolean().nullish().catch(null),
    health_status: chatHealth.optional(),
    service: words,
    created_at: instant,
    updated_at: instant,
  })
  .transform((told): DatedChat | null => {
    const line = told.handles.find(({ is_me: isMe }) => isMe);
    if (!line) return null;
    const participants = told.handles
      .filter(({ is_me: isMe, status }) => !isMe && status !== 'left' && status !== 'removed')
      .map(({ handle }) => handle);
    return {
      chat: {
        chatId: told.id,
        linePhoneNumber: line.handle,
        participants,
        isGroup: told.is_group ?? participants.length > 1,
        health: told.health_status ?? 'HEALTHY',
        service: told.service ?? null,
      },
      updatedAt: told.updated_at ?? told.created_at ?? null,
    };
  });

export const CHAT = chat.transform((read, context): ProviderChat => {
  if (read) return read.chat;
  context.addIssue({ code: 'custom', message: 'names no line of ours', path: ['handles'] });
  return z.NEVER;
});

export const CHAT_PAGE = z.object({
  chats: z.array(chat).transform((chats) => chats.filter((each) => each !== null)),
  next_cursor: words,
});

export const CHAT_CREATED = z.object({ chat: z.object({ id, message: z.object({ id }) }) });
export const MESSAGE_SENT = z.object({ chat_id: id, message: z.object({ id }) });

/** `at` is when the message was sent, or made as long as it is not. */
export const MESSAGE = z
  .object({ delivery_status: id, sent_at: instant, created_at: instant })
  .transform((message) => ({
    status: message.delivery_status,
    at: message.sent_at ?? message.created_at ?? null,
  }));

export const CONTACT_CARDS = z.object({
  contact_cards: z.array(
    z.object({
      phone_number: id,
      is_active: z.boolean().nullish().catch(null),
      first_name: z.string().nullish().catch(null),
      last_name: z.string().nullish().catch(null),
      image_url: z.string().nullish().catch(null),
    }),
  ),
});

/** Where to put a file, and what it is called from then on. */
export const ATTACHMENT = z.object({
  attachment_id: id,
  upload_url: z.url({ protocol: /^https?$/ }),
  required_headers: z.record(z.string(), z.string()).catch({}),
});

export const SUBSCRIPTIONS = z.object({
  subscriptions: z.array(
    z
      .object({
        id,
        target_url: z.string(),
        is_active: z.boolean(),
        subscribed_events: z.array(z.string()),
        phone_numbers: z.array(z.string()).nullish(),
      })
      .transform((subscription): ProviderSubscription => ({
        id: subscription.id,
        targetUrl: subscription.target_url,
        active: subscription.is_active,
        complete: SUBSCRIBED_EVENTS.every((event) =>
          subscription.subscribed_events.includes(event),
        ),
        filtered: (subscription.phone_numbers ?? []).length > 0,
      })),
  ),
});

export const SUBSCRIPTION_CREATED = z.object({ id, signing_secret: id });
