import {
  CHAT_HEALTHS,
  type ChatHealth,
  type ProviderChat,
  type ProviderLine,
  type ProviderSubscription,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import { z } from 'zod';
import { parseInstant } from './instant';

/**
 * What we need of Linq's answers. Required is only what we cannot do without: fields come and go between the
 * versions of its interface, and every list of words is open.
 */

const id = z.string().min(1);
const words = z.string().nullish().catch(null);
const instant = z.string().transform(parseInstant).nullish().catch(null);

const reputation = z
  .object({ status: z.enum(['HEALTHY', 'AT_RISK', 'CRITICAL']) })
  .nullish()
  .catch(null);

export const LINES = z.object({
  phone_numbers: z.array(
    z
      .object({
        id,
        phone_number: id,
        reputation,
        // The former name of the reputation.
        health_status: reputation,
        status: z.enum(['ACTIVE', 'FLAGGED']).nullish().catch(null),
      })
      .transform((line): ProviderLine => ({
        providerLineId: line.id,
        phoneNumber: line.phone_number,
        reputation: (line.reputation ?? line.health_status)?.status ?? null,
        status: line.status ?? null,
      })),
  ),
});

/** A chat is healthy until told otherwise; a word that is new to us is taken as a reason for care. */
const chatHealth = z
  .object({ status: z.string() })
  .nullish()
  .catch(null)
  .transform((health): ChatHealth => {
    if (!health) return 'HEALTHY';
    return CHAT_HEALTHS.find((known) => known === health.status) ?? 'AT_RISK';
  });

/** `updatedAt` is null when the chat does not say when it last changed. */
export interface DatedChat {
  readonly chat: ProviderChat;
  readonly updatedAt: EpochMs | null;
}

export const CHAT: z.ZodType<DatedChat> = z
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
  .transform((chat, context) => {
    const line = chat.handles.find(({ is_me: isMe }) => isMe);
    if (!line) {
      context.addIssue({ code: 'custom', message: 'names no line of ours', path: ['handles'] });
      return z.NEVER;
    }
    const participants = chat.handles
      .filter(({ is_me: isMe, status }) => !isMe && status !== 'left' && status !== 'removed')
      .map(({ handle }) => handle);
    return {
      chat: {
        chatId: chat.id,
        linePhoneNumber: line.handle,
        participants,
        isGroup: chat.is_group ?? participants.length > 1,
        health: chat.health_status ?? 'HEALTHY',
        service: chat.service ?? null,
      },
      updatedAt: chat.updated_at ?? chat.created_at ?? null,
    };
  });

export const CHAT_PAGE = z.object({ chats: z.array(CHAT), next_cursor: words });

export const CHAT_CREATED = z.object({ chat: z.object({ id, message: z.object({ id }) }) });
export const MESSAGE_SENT = z.object({ chat_id: id, message: z.object({ id }) });

/** `at` is when the message reached its status, or was sent when that is not told. */
export const MESSAGE = z
  .object({ delivery_status: id, sent_at: instant, delivered_at: instant, read_at: instant })
  .transform((message) => {
    const reached =
      message.delivery_status === 'read'
        ? (message.read_at ?? message.delivered_at)
        : message.delivery_status === 'delivered'
          ? message.delivered_at
          : null;
    return { status: message.delivery_status, at: reached ?? message.sent_at ?? null };
  });

export const CONTACT_CARDS = z.object({
  contact_cards: z.array(
    z.object({ phone_number: id, is_active: z.boolean().nullish().catch(null) }),
  ),
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
        events: subscription.subscribed_events,
        filtered: (subscription.phone_numbers ?? []).length > 0,
      })),
  ),
});

export const SUBSCRIPTION_CREATED = z.object({ id, signing_secret: id });
