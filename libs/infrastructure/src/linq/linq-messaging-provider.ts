import {
  MessagingProvider,
  type OutboundText,
  type ProviderChat,
  type ProviderLine,
  ProviderProblem,
  type ProviderSubscription,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import { LinqAPIV3 } from '@linqapp/sdk';
import { problemOf } from './errors';
import { chatHealthOf, reputationOf, statusOf } from './words';
import { parseInstant } from './instants';

export interface LinqOptions {
  readonly apiKey: string;
  /** Ends in /api/partner. */
  readonly baseUrl: string;
  /** Real waiting between two tries. */
  readonly wait: (ms: number) => Promise<void>;
}

const READ_TIMEOUT_MS = 10_000;
const SEND_TIMEOUT_MS = 20_000;
/** A send whose fate is unknown is tried again with the same key and line so often, this long apart. */
const SEND_TRIES = 3;
const SEND_PAUSE_MS = 500;
/** What this service needs to hear of. Typing, reactions and calls count nothing and are not asked for. */
export const SUBSCRIBED_EVENTS = [
  'message.sent',
  'message.received',
  'message.delivered',
  'message.read',
  'message.failed',
  'chat.created',
  'phone_number.status_updated',
] as const;
/** Named on the target URL, so that the payload never changes under us. */
const PAYLOAD_VERSION = '2026-02-03';

/**
 * Linq's V3 API through Linq's own SDK. The SDK retries nothing here: its retries know no keys and would sleep
 * through a whole Retry-After.
 */
export class LinqMessagingProvider extends MessagingProvider {
  private readonly client: LinqAPIV3;

  constructor(private readonly options: LinqOptions) {
    super();
    this.client = new LinqAPIV3({
      apiKey: options.apiKey,
      baseURL: options.baseUrl,
      maxRetries: 0,
      timeout: READ_TIMEOUT_MS,
    });
  }

  listLines(): Promise<ProviderLine[]> {
    return this.reading(async () => {
      const { phone_numbers: lines } = await this.client.phoneNumbers.list();
      return lines.map((line) => {
        // The list is typed with both names of the reputation; the older one is gone from newer answers.
        const told = line as { reputation?: unknown; health_status?: unknown; status?: unknown };
        return {
          providerLineId: line.id,
          phoneNumber: line.phone_number,
          reputation: reputationOf(told.reputation ?? told.health_status),
          status: statusOf(told.status),
        };
      });
    });
  }

  chat(chatId: string): Promise<ProviderChat> {
    return this.reading(async () => chatOf(await this.client.chats.retrieve(chatId)));
  }

  chatsWith(linePhoneNumber: string, handle: string): Promise<ProviderChat[]> {
    return this.reading(async () => {
      const page = await this.client.chats.listChats({ from: linePhoneNumber, to: handle, limit: 100 });
      return page.chats.map(chatOf);
    });
  }

  /** The same key goes out on the same line each time, so at most one message is ever accepted. */
  async send(message: OutboundText): Promise<{ messageId: string; chatId: string }> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.sendOnce(message);
      } catch (error) {
        const problem = problemOf(error, 'unknown-fate');
        const again = problem.kind === 'unknown-fate' || problem.kind === 'try-again';
        if (!again || attempt === SEND_TRIES) throw problem;
        await this.options.wait(SEND_PAUSE_MS * 2 ** (attempt - 1));
      }
    }
  }

  private async sendOnce(message: OutboundText): Promise<{ messageId: string; chatId: string }> {
    const content = {
      parts: [{ type: 'text' as const, value: message.text }],
      idempotency_key: message.idempotencyKey,
    };
    const options = { timeout: SEND_TIMEOUT_MS };
    if (message.chatId !== null) {
      const sent = await this.client.chats.messages.send(message.chatId, { message: content }, options);
      return { messageId: sent.message.id, chatId: sent.chat_id };
    }
    const { chat } = await this.client.chats.create(
      { from: message.fromPhoneNumber, to: [message.to], message: content },
      options,
    );
    return { messageId: chat.message.id, chatId: chat.id };
  }

  async message(messageId: string): Promise<{ status: string; at: EpochMs | null } | null> {
    try {
      return await this.reading(async () => {
        const found = await this.client.messages.retrieve(messageId);
        return {
          status: found.delivery_status,
          at: parseInstant(found.sent_at ?? found.created_at),
        };
      });
    } catch (error) {
      if (error instanceof ProviderProblem && error.kind === 'not-found') return null;
      throw error;
    }
  }

  async shareContactCard(chatId: string): Promise<void> {
    await this.reading(() => this.client.chats.shareContactCard(chatId));
  }

  hasContactCard(phoneNumber: string): Promise<boolean> {
    return this.reading(async () => {
      const { contact_cards: cards } = await this.client.contactCard.retrieve({
        phone_number: phoneNumber,
      });
      return cards.some((card) => card.phone_number === phoneNumber && card.is_active);
    });
  }

  async setContactCard(phoneNumber: string, name: string): Promise<void> {
    await this.reading(() =>
      this.client.contactCard.create({ phone_number: phoneNumber, first_name: name }),
    );
  }

  subscriptions(): Promise<ProviderSubscription[]> {
    return this.reading(async () => {
      const { subscriptions } = await this.client.webhookSubscriptions.list();
      return subscriptions.map((each) => ({
        id: each.id,
        targetUrl: each.target_url,
        active: each.is_active,
        events: each.subscribed_events,
        filtered: (each.phone_numbers ?? []).length > 0,
      }));
    });
  }

  subscribe(targetUrl: string): Promise<{ id: string; secret: string }> {
    return this.reading(async () => {
      const url = new URL(targetUrl);
      url.searchParams.set('version', PAYLOAD_VERSION);
      const created = await this.client.webhookSubscriptions.create({
        target_url: url.toString(),
        subscribed_events: [...SUBSCRIBED_EVENTS],
      });
      return { id: created.id, secret: created.signing_secret };
    });
  }

  async unsubscribe(id: string): Promise<void> {
    await this.reading(() => this.client.webhookSubscriptions.delete(id));
  }

  private async reading<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw problemOf(error, 'unavailable');
    }
  }
}

interface WireChat {
  readonly id: string;
  readonly is_group: boolean;
  readonly handles: readonly { readonly handle: string; readonly is_me?: boolean | null }[];
  readonly health_status?: { readonly status?: unknown } | null;
  readonly service?: string | null;
}

/** The owning line of a chat is the handle that is us; there is no other field for it. */
function chatOf(chat: WireChat): ProviderChat {
  return {
    chatId: chat.id,
    linePhoneNumber: chat.handles.find(({ is_me }) => is_me === true)?.handle ?? '',
    participants: chat.handles.filter(({ is_me }) => is_me !== true).map(({ handle }) => handle),
    isGroup: chat.is_group,
    health: chatHealthOf(chat.health_status) ?? 'HEALTHY',
    service: chat.service ?? null,
  };
}
