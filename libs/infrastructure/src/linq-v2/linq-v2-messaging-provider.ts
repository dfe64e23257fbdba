import {
  type ListedChat,
  type ListedMessage,
  type ListPage,
  MessagingProvider,
  type OutboundText,
  type ProviderChat,
  type ProviderLine,
  ProviderProblem,
  type ProviderSubscription,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import {
  AVAILABILITY,
  CHAT,
  LINES,
  MESSAGE,
  SUBSCRIPTION_CREATED,
  SUBSCRIPTIONS,
  type ToldChat,
} from './answers';
import { ChatSearch } from './chat-search';
import { LISTED_CHATS, LISTED_MESSAGES, listedChat, listedMessage, nextOf, pageAt } from './lists';
import { impossible, problemOf } from './errors';
import { expected } from '../linq/expected';
import { addressOf, numberOf } from './ids';
import { pageOf } from '../linq/lists';
import { V2_SUBSCRIBED_EVENTS } from './subscribed-events';
import { type SentText, TextSender } from './text-sender';
import { V2Client } from './v2-client';

export interface LinqV2Options {
  /** The same as the key of V3. */
  readonly token: string;
  /** Ends in /api/partner. */
  readonly baseUrl: string;
  /** The clock that the provider's times are compared with. */
  readonly now: () => EpochMs;
  /** Real waiting between two tries. */
  readonly wait: (ms: number) => Promise<void>;
  /** A new secret for a subscription: V2 leaves it to the subscriber. Fit for secrets, never the same twice. */
  readonly makeSecret: () => string;
  /** The operator's word that Linq has set up the contact cards of all lines: V2 can neither ask nor set them. */
  readonly cardsAreSetUp: boolean;
  /** Milliseconds for the whole answer to anything that sends no message; 10 s when left out. */
  readonly readTimeoutMs?: number;
  /** Milliseconds for the whole answer to one try of a send; 20 s when left out. */
  readonly sendTimeoutMs?: number;
}

const READ_TIMEOUT_MS = 10_000;
const SEND_TIMEOUT_MS = 20_000;

/**
 * Linq's legacy V2 API. It knows neither the health of lines and chats nor the fate of messages beyond a status that
 * has to be asked for; what it cannot do is refused as `invalid` with the reason.
 */
export class LinqV2MessagingProvider extends MessagingProvider {
  private readonly client: V2Client;
  private readonly search: ChatSearch;
  private readonly sender: TextSender;

  constructor(private readonly options: LinqV2Options) {
    super();
    this.client = new V2Client(options.baseUrl, options.token);
    this.search = new ChatSearch(this.client);
    const { now, wait, sendTimeoutMs: timeoutMs = SEND_TIMEOUT_MS } = options;
    this.sender = new TextSender(this.client, this.search, { now, wait, timeoutMs });
  }

  /** Status and reputation are always null: V2 has neither. */
  listLines(): Promise<ProviderLine[]> {
    return this.reading(async (timeoutMs) => {
      const answer = await this.client.ask({ method: 'GET', path: '/phone_numbers', timeoutMs });
      return expected(LINES, answer).phone_numbers;
    });
  }

  /**
   * V2 does not say on which line a chat is. The lines are gone through for it, one question each, so this belongs into
   * no path that people wait on.
   */
  chat(chatId: string): Promise<ProviderChat> {
    return this.reading(async (timeoutMs) => {
      const path = `/chats/${numberOf(chatId)}`;
      const { data } = expected(CHAT, await this.client.ask({ method: 'GET', path, timeoutMs }));
      const lines = (await this.listLines()).map(({ phoneNumber }) => phoneNumber);
      const line = await this.search.lineOf(data, lines, timeoutMs);
      if (line === null) throw notOnOurLines();
      return chatOf(data, line);
    });
  }

  /** At most one: V2 finds the first chat only. */
  chatsWith(linePhoneNumber: string, handle: string): Promise<ProviderChat[]> {
    return this.reading(async (timeoutMs) => {
      const found = await this.search.find(linePhoneNumber, [handle], timeoutMs);
      const chats = found ? [chatOf(found, linePhoneNumber)] : [];
      // A private message must never land in a group.
      return chats.filter(({ isGroup }) => !isGroup);
    });
  }

  /** V2 does not tell when something happened in a chat, only how many messages it holds. */
  chatsOf(linePhoneNumber: string, cursor: string | null): Promise<ListPage<ListedChat>> {
    return this.reading(async (timeoutMs) => {
      const query = [['phone_number', linePhoneNumber] as const, ...pageAt(cursor)];
      const answer = await this.client.ask({ method: 'GET', path: '/chats', query, timeoutMs });
      const told = expected(LISTED_CHATS, answer);
      const page = pageOf({ ...told, next: nextOf(told, cursor) }, cursor);
      return { ...page, rows: page.rows.map((chat) => listedChat(chat, linePhoneNumber)) };
    });
  }

  /**
   * What came in is told from what went out by who sent it. V2 tells neither when a message was made nor, where it says
   * `pending`, whether it is on its way: it was taken, so it counts as sent.
   */
  messagesOf(
    { chatId, linePhoneNumber }: Pick<ListedChat, 'chatId' | 'linePhoneNumber'>,
    cursor: string | null,
  ): Promise<ListPage<ListedMessage>> {
    return this.reading(async (timeoutMs) => {
      const path = `/chats/${numberOf(chatId)}/chat_messages`;
      const answer = await this.client.ask({
        ...{ method: 'GET', path, query: pageAt(cursor), timeoutMs },
      });
      const told = expected(LISTED_MESSAGES, answer);
      const page = pageOf({ ...told, next: nextOf(told, cursor) }, cursor);
      return {
        ...page,
        rows: page.rows.map((each) => listedMessage(each, chatId, linePhoneNumber)),
      };
    });
  }

  /** Texts only. At most once, with a look at the chat before anything goes out a second time; see {@link TextSender}. */
  send(message: OutboundText): Promise<SentText> {
    if (message.attachmentId !== undefined) {
      return Promise.reject(impossible('No file that V3 took can be sent over V2'));
    }
    return this.sender.send(message);
  }

  /** Asks for the delivery status, in the words of V3. The id must be one that this adapter or its reader gave. */
  async message(messageId: string): Promise<{ status: string; at: EpochMs | null } | null> {
    const address = addressOf(messageId);
    if (!address) return null;
    const path = `/chats/${address.chatId}/chat_messages/${address.number}`;
    try {
      return await this.reading(async (timeoutMs) => {
        const answer = await this.client.ask({ method: 'GET', path, timeoutMs });
        return expected(MESSAGE, answer).data;
      });
    } catch (error) {
      if (error instanceof ProviderProblem && error.kind === 'not-found') return null;
      throw error;
    }
  }

  /** Of numbers only; which line asks is the provider's choice. */
  hasIMessage(_linePhoneNumber: string, address: string): Promise<boolean> {
    return this.reading(async (timeoutMs) => {
      const path = '/i_message_availability/check';
      const json = { phone_number: address };
      const answer = await this.client.ask({ method: 'POST', path, json, timeoutMs });
      return expected(AVAILABILITY, answer).available;
    });
  }

  /** `not-found` when there is no such chat, and as well when Linq has set up no card for its line. */
  shareContactCard(chatId: string): Promise<void> {
    return this.reading(async (timeoutMs) => {
      const path = `/chats/${numberOf(chatId)}/share_contact`;
      await this.client.ask({ method: 'POST', path, timeoutMs });
    });
  }

  /** What the operator says: V2 cannot be asked. */
  hasContactCard(_phoneNumber: string): Promise<boolean> {
    return Promise.resolve(this.options.cardsAreSetUp);
  }

  /** Always refused: on V2 the cards are set up by Linq. */
  setContactCard(_phoneNumber: string, _name: string): Promise<void> {
    return Promise.reject(
      impossible(
        'V2 sets up no contact cards: have Linq do it for every line, and say so in the settings',
      ),
    );
  }

  subscriptions(): Promise<ProviderSubscription[]> {
    return this.reading(async (timeoutMs) => {
      const path = '/webhook_subscriptions';
      const answer = await this.client.ask({ method: 'GET', path, timeoutMs });
      return expected(SUBSCRIPTIONS, answer).webhook_subscriptions;
    });
  }

  /** Not idempotent: V2 takes the same address twice, and then everything comes twice. Look at the list before. */
  subscribe(targetUrl: string): Promise<{ id: string; secret: string }> {
    return this.reading(async (timeoutMs) => {
      const secret = this.options.makeSecret();
      const answer = await this.client.ask({
        method: 'POST',
        path: '/webhook_subscriptions',
        json: {
          webhook_subscription: {
            webhook_url: targetUrl,
            version: 2,
            events: [...V2_SUBSCRIBED_EVENTS],
            secret,
            active: true,
          },
        },
        timeoutMs,
      });
      const { webhook_subscription: made } = expected(SUBSCRIPTION_CREATED, answer);
      return { id: made.id, secret };
    });
  }

  unsubscribe(id: string): Promise<void> {
    return this.reading(async (timeoutMs) => {
      const path = `/webhook_subscriptions/${numberOf(id)}`;
      await this.client.ask({ method: 'DELETE', path, timeoutMs });
    });
  }

  private async reading<T>(call: (timeoutMs: number) => Promise<T>): Promise<T> {
    try {
      return await call(this.options.readTimeoutMs ?? READ_TIMEOUT_MS);
    } catch (error) {
      throw problemOf(error, 'unavailable');
    }
  }
}

/** V2 tells nothing of a chat's health, so it is healthy, as on V3 until one is told otherwise. */
function chatOf(told: ToldChat, linePhoneNumber: string): ProviderChat {
  const participants = told.handles.filter((handle) => handle !== linePhoneNumber);
  return {
    chatId: told.chatId,
    linePhoneNumber,
    participants,
    isGroup: told.group ?? participants.length > 1,
    health: 'HEALTHY',
    service: told.service,
  };
}

function notOnOurLines(): ProviderProblem {
  const text = 'The chat is on none of the lines that the provider lists';
  return new ProviderProblem('not-found', text, null, null, null);
}
