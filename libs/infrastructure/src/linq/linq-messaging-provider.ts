import {
  type ListedChat,
  type ListedMessage,
  type ListPage,
  MessagingProvider,
  type OutboundText,
  type OutboundFile,
  type ProviderChat,
  type ProviderContactCard,
  type ProviderLine,
  ProviderProblem,
  type ProviderProblemKind,
  type ProviderSubscription,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import { LinqAPIV3 } from '@linqapp/sdk';
import {
  ATTACHMENT,
  CAPABILITY,
  CHAT,
  CHAT_CREATED,
  CHAT_PAGE,
  CONTACT_CARDS,
  type DatedChat,
  LINES,
  MESSAGE,
  MESSAGE_SENT,
  SUBSCRIPTION_CREATED,
  SUBSCRIPTIONS,
} from './answers';
import { inDoubt, problemOf } from './errors';
import { expected } from './expected';
import { LISTED_CHATS, LISTED_MESSAGES, ofLine, pageOf } from './lists';
import { SUBSCRIBED_EVENTS } from './subscribed-events';
import { versionedTarget } from './webhook-target';

export interface LinqOptions {
  readonly apiKey: string;
  /** Ends in /api/partner. */
  readonly baseUrl: string;
  /** Real waiting between two tries. */
  readonly wait: (ms: number) => Promise<void>;
  /** Milliseconds for the whole answer to anything that sends no message; 10 s when left out. */
  readonly readTimeoutMs?: number;
  /** Milliseconds for the whole answer to one try of a send; 20 s when left out. */
  readonly sendTimeoutMs?: number;
}

const READ_TIMEOUT_MS = 10_000;
const SEND_TIMEOUT_MS = 20_000;
/**
 * A send whose fate is unknown is tried again with the same key and line so often, this long apart and then twice
 * as long. With three time-outs this ends after 63 s, well within the two minutes that a send may take.
 */
const SEND_TRIES = 3;
const SEND_PAUSE_MS = 1_000;
const RETRIED: ReadonlySet<ProviderProblemKind> = new Set([
  'unknown-fate',
  'unavailable',
  'try-again',
]);
const PAGE_SIZE = 100;
/** A thousand threads of one person on one line: more is a list that does not end. */
const MAX_PAGES = 10;
const CARD_EXISTS = 2014;

interface Limits {
  readonly signal: AbortSignal;
}

/**
 * Linq's V3 API through Linq's own SDK. The SDK retries nothing here: its retries know no keys, repeat refusals too
 * and would sleep through a whole Retry-After.
 */
export class LinqMessagingProvider extends MessagingProvider {
  private readonly client: LinqAPIV3;

  constructor(private readonly options: LinqOptions) {
    super();
    this.client = new LinqAPIV3({
      apiKey: options.apiKey,
      baseURL: options.baseUrl,
      maxRetries: 0,
      // Its log writes whole requests, which are people's messages; the environment must not turn it on.
      logLevel: 'off',
      // A redirect would carry the token elsewhere and can turn a POST into a GET.
      fetchOptions: { redirect: 'manual' },
    });
  }

  listLines(): Promise<ProviderLine[]> {
    return this.reading(async (limits) => {
      const answer = await this.client.phoneNumbers.list(limits);
      return expected(LINES, answer).phone_numbers;
    });
  }

  chat(chatId: string): Promise<ProviderChat> {
    return this.reading(async (limits) => {
      const answer = await this.client.chats.retrieve(chatId, limits);
      return expected(CHAT, answer);
    });
  }

  chatsWith(linePhoneNumber: string, handle: string): Promise<ProviderChat[]> {
    return this.reading(async (limits) => {
      const found: DatedChat[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const { chats, next } = await this.chatPage(linePhoneNumber, handle, cursor, limits);
        found.push(...chats);
        if (!next || next === cursor) break;
        cursor = next;
      }
      // The filter also gives the groups this person is in, and a private message must never land in one.
      return found
        .filter(({ chat }) => !chat.isGroup && chat.linePhoneNumber === linePhoneNumber)
        .sort((one, other) => (other.updatedAt ?? 0) - (one.updatedAt ?? 0))
        .map(({ chat }) => chat);
    });
  }

  chatsOf(linePhoneNumber: string, cursor: string | null): Promise<ListPage<ListedChat>> {
    return this.reading(async (limits) => {
      const answer = await this.page('/v3/chats', { from: linePhoneNumber }, cursor, limits);
      return ofLine(pageOf(expected(LISTED_CHATS, answer), cursor), linePhoneNumber);
    });
  }

  messagesOf(
    { chatId }: Pick<ListedChat, 'chatId'>,
    cursor: string | null,
  ): Promise<ListPage<ListedMessage>> {
    return this.reading(async (limits) => {
      const path = `/v3/chats/${encodeURIComponent(chatId)}/messages`;
      const answer = await this.page(path, {}, cursor, limits);
      return pageOf(expected(LISTED_MESSAGES, answer), cursor);
    });
  }

  /** The same key goes out on the same line each time, so at most one message is ever accepted. */
  async send(message: OutboundText): Promise<{ messageId: string; chatId: string }> {
    let doubtful = false;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.sendOnce(message);
      } catch (error) {
        const problem = problemOf(error, 'unknown-fate');
        doubtful ||= problem.kind === 'unknown-fate';
        if (!RETRIED.has(problem.kind) || attempt === SEND_TRIES) {
          throw doubtful ? inDoubt(problem) : problem;
        }
        await this.options.wait(SEND_PAUSE_MS * 2 ** (attempt - 1));
      }
    }
  }

  override uploadFile({ name, contentType, bytes }: OutboundFile): Promise<string> {
    return this.reading(async (limits) => {
      const wish = { filename: name, content_type: contentType, size_bytes: bytes.length };
      const answer = await this.client.attachments.create(wish, limits);
      const { attachment_id: id, ...target } = expected(ATTACHMENT, answer);
      // The presigned address is not the API's: it takes the bytes and no key.
      const { ok } = await fetch(target.upload_url, {
        method: 'PUT',
        headers: target.required_headers,
        body: Uint8Array.from(bytes),
        redirect: 'error',
        ...limits,
      }).catch(() => ({ ok: false }));
      if (ok) return id;
      throw new ProviderProblem('try-again', 'The file was not taken', null, null, null);
    });
  }

  async message(messageId: string): Promise<{ status: string; at: EpochMs | null } | null> {
    const asked = this.reading(async (limits) => {
      const answer = await this.client.messages.retrieve(messageId, limits);
      return expected(MESSAGE, answer);
    });
    return orWhen(asked, ({ kind }) => kind === 'not-found', null);
  }

  hasIMessage(linePhoneNumber: string, address: string): Promise<boolean> {
    return this.reading(async (limits) => {
      const body = { address, from: linePhoneNumber };
      const answer = await this.client.capability.checkIMessage(body, limits);
      return expected(CAPABILITY, answer).available;
    });
  }

  shareContactCard(chatId: string): Promise<void> {
    return this.reading(async (limits) => {
      await this.client.chats.shareContactCard(chatId, limits);
    });
  }

  async hasContactCard(phoneNumber: string): Promise<boolean> {
    return (await this.contactCard(phoneNumber))?.isActive === true;
  }

  override contactCard(phoneNumber: string): Promise<ProviderContactCard | null> {
    const asked = this.reading(async (limits) => {
      const query = { phone_number: phoneNumber };
      const answer = await this.client.contactCard.retrieve(query, limits);
      const cards = expected(CONTACT_CARDS, answer).contact_cards;
      const card = cards.find((each) => each.phone_number === phoneNumber);
      if (!card) return null;
      const names = [card.first_name, card.last_name].filter((name) => name != null && name !== '');
      return {
        isActive: card.is_active === true,
        name: names.join(' '),
        hasPhoto: card.image_url != null && card.image_url !== '',
      };
    });
    return orWhen(asked, ({ kind }) => kind === 'not-found', null);
  }

  /** Makes the card, or changes the one that is there. */
  async setContactCard(phoneNumber: string, name: string, photoUrl: string | null): Promise<void> {
    const card = {
      phone_number: phoneNumber,
      first_name: name,
      ...(photoUrl === null ? {} : { image_url: photoUrl }),
    };
    const asked = this.reading(async (limits) => {
      await this.client.contactCard.create(card, limits);
      return true;
    });
    if (await orWhen(asked, ({ code }) => code === CARD_EXISTS, false)) return;
    await this.reading((limits) => this.client.contactCard.update(card, limits));
  }

  subscriptions(): Promise<ProviderSubscription[]> {
    return this.reading(async (limits) => {
      const answer = await this.client.webhookSubscriptions.list(limits);
      return expected(SUBSCRIPTIONS, answer).subscriptions;
    });
  }

  subscribe(targetUrl: string): Promise<{ id: string; secret: string }> {
    return this.reading(async (limits) => {
      const body = {
        target_url: versionedTarget(targetUrl),
        subscribed_events: [...SUBSCRIBED_EVENTS],
      };
      const answer = await this.client.webhookSubscriptions.create(body, limits);
      const { id, signing_secret: secret } = expected(SUBSCRIPTION_CREATED, answer);
      return { id, secret };
    });
  }

  unsubscribe(id: string): Promise<void> {
    return this.reading(async (limits) => {
      await this.client.webhookSubscriptions.delete(id, limits);
    });
  }

  private async sendOnce(message: OutboundText): Promise<{ messageId: string; chatId: string }> {
    const limits = within(this.options.sendTimeoutMs ?? SEND_TIMEOUT_MS);
    const { attachmentId, text } = message;
    const part =
      attachmentId === undefined
        ? { type: 'text' as const, value: text }
        : { type: 'media' as const, attachment_id: attachmentId };
    const content = {
      parts: [part],
      idempotency_key: message.idempotencyKey,
    };
    if (message.chatId !== null) {
      const body = { message: content };
      const answer = await this.client.chats.messages.send(message.chatId, body, limits);
      const sent = expected(MESSAGE_SENT, answer);
      return { messageId: sent.message.id, chatId: sent.chat_id };
    }
    const body = { from: message.fromPhoneNumber, to: [message.to], message: content };
    const { chat } = expected(CHAT_CREATED, await this.client.chats.create(body, limits));
    return { messageId: chat.message.id, chatId: chat.id };
  }

  private async chatPage(
    from: string,
    to: string,
    cursor: string | null,
    limits: Limits,
  ): Promise<{ chats: DatedChat[]; next: string | null }> {
    const answer = await this.page('/v3/chats', { from, to }, cursor, limits);
    const { chats, next_cursor: next } = expected(CHAT_PAGE, answer);
    return { chats, next: next ?? null };
  }

  /** Asked for bare: the SDK's own pages read an answer that is no list at all as an empty list. */
  private page(
    path: string,
    filter: Readonly<Record<string, string>>,
    cursor: string | null,
    limits: Limits,
  ): Promise<unknown> {
    const query = { ...filter, limit: PAGE_SIZE, ...(cursor === null ? {} : { cursor }) };
    return this.client.get<unknown>(path, { query, ...limits });
  }

  private async reading<T>(call: (limits: Limits) => Promise<T>): Promise<T> {
    try {
      return await call(within(this.options.readTimeoutMs ?? READ_TIMEOUT_MS));
    } catch (error) {
      throw problemOf(error, 'unavailable');
    }
  }
}

/** The SDK's own timeout ends with the headers of an answer; a signal covers its body too. */
function within(milliseconds: number): Limits {
  return { signal: AbortSignal.timeout(milliseconds) };
}

/** Takes one kind of refusal as an answer. */
async function orWhen<T, U>(
  asked: Promise<T>,
  isAnswer: (problem: ProviderProblem) => boolean,
  answer: U,
): Promise<T | U> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ProviderProblem && isAnswer(error)) return answer;
    throw error;
  }
}
