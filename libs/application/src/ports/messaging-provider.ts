import type { EpochMs, ProviderStatus, Reputation } from '@linekeeper/domain';
import type { ApiVersion } from './api-version';

export interface ProviderLine {
  /** Of the version that the line speaks where that one lists it. */
  readonly providerLineId: string;
  /** The newest version that lists it. */
  readonly listedBy: ApiVersion;
  readonly phoneNumber: string;
  /** Null when the provider's list does not say. */
  readonly reputation: Exclude<Reputation, 'UNKNOWN'> | null;
  readonly status: Exclude<ProviderStatus, 'UNKNOWN'> | null;
  /** Where calls to it are forwarded; null: nowhere. */
  readonly forwardingNumber: string | null;
}

export const CHAT_HEALTHS = ['HEALTHY', 'AT_RISK', 'CRITICAL', 'OPTED_OUT'] as const;
export type ChatHealth = (typeof CHAT_HEALTHS)[number];

/** How the provider judges a thread, and since when. */
export interface ChatHealthNews {
  readonly health: ChatHealth;
  readonly at: EpochMs;
}

export interface ProviderChat {
  readonly chatId: string;
  readonly linePhoneNumber: string;
  /** The other parties, normalised as the provider writes them. */
  readonly participants: readonly string[];
  readonly isGroup: boolean;
  readonly health: ChatHealth;
  readonly service: string | null;
}

/** A chat as the list of a line's chats tells it. */
export interface ListedChat extends Omit<ProviderChat, 'health'> {
  /** Null when the list does not say. */
  readonly health: ChatHealthNews | null;
  readonly createdAt: EpochMs | null;
  /** When something last happened in it; null when the list does not say. */
  readonly updatedAt: EpochMs | null;
  /** How many messages it holds, in and out; null when the list does not say. */
  readonly messages: number | null;
}

/** A message as the list of a chat's messages tells it. */
export interface ListedMessage {
  readonly messageId: string;
  readonly direction: 'in' | 'out';
  /** When it was sent, or made as long as it was not. */
  readonly at: EpochMs;
  /** When it was made: what the list goes by. */
  readonly madeAt: EpochMs;
  /** `waiting`: accepted, and not on its way yet. */
  readonly status: 'waiting' | 'received' | 'sent' | 'delivered' | 'read' | 'failed';
  /** The handle it came from; null when the list does not say. */
  readonly from: string | null;
  readonly text: string;
  readonly service: string | null;
}

export interface ListPage<Row> {
  readonly rows: readonly Row[];
  /** Rows that could not be understood and are left out. */
  readonly unreadable: number;
  /** Where the next page begins; null after the last one. */
  readonly next: string | null;
}

/** The card of a line as the provider has it. */
export interface ProviderContactCard {
  readonly isActive: boolean;
  /** Null when the provider does not tell. */
  readonly name: string | null;
  readonly hasPhoto: boolean | null;
}

export interface ProviderSubscription {
  readonly id: string;
  readonly targetUrl: string;
  readonly active: boolean;
  /** Whether it delivers every kind of event that this service needs. */
  readonly complete: boolean;
  /** True when it covers only some lines. */
  readonly filtered: boolean;
}

export interface OutboundText {
  readonly fromPhoneNumber: string;
  readonly to: string;
  /** The known thread on that line, or null to find or create one. */
  readonly chatId: string | null;
  readonly text: string;
  /** A file that was uploaded before, sent instead of the text. */
  readonly attachmentId?: string;
  /** At most one upstream acceptance per key, for ever. */
  readonly idempotencyKey: string;
}

export interface OutboundFile {
  readonly name: string;
  readonly contentType: 'text/vcard';
  readonly bytes: Uint8Array;
}

/** What a refusal of the provider means for us. `unknown-fate`: it may have been accepted; resolve before resending. */
export type ProviderProblemKind =
  | 'unauthorized'
  | 'invalid'
  | 'not-found'
  | 'line-not-ours'
  | 'line-ineligible'
  | 'no-line'
  | 'recipient-opted-out'
  | 'recipient-blocked'
  | 'recipient-not-allowed'
  | 'rate-limited'
  | 'try-again'
  | 'unavailable'
  | 'unknown-fate';

/** A refusal or failure of the provider, told apart by its code and never by its text. */
export class ProviderProblem extends Error {
  constructor(
    readonly kind: ProviderProblemKind,
    message: string,
    readonly code: number | null,
    readonly retryAfterSeconds: number | null,
    readonly traceId: string | null,
  ) {
    super(message);
    this.name = 'ProviderProblem';
  }
}

/**
 * The upstream messaging API, in all the versions that lines speak. Every method may throw {@link ProviderProblem}; what
 * has to look up a line throws what the database throws too.
 */
export abstract class MessagingProvider {
  /**
   * Every line of the account, once. Without `version` as all versions list them that are in use, the newest among them;
   * with it, as that one does.
   */
  abstract listLines(version?: ApiVersion): Promise<ProviderLine[]>;
  abstract chat(chatId: string): Promise<ProviderChat>;
  /** The chats of one line with one person, newest first; empty when there is none. */
  abstract chatsWith(linePhoneNumber: string, handle: string): Promise<ProviderChat[]>;
  /**
   * One page of the chats of a line, groups among them; one call. `cursor` null: the first. The provider promises no
   * order.
   */
  abstract chatsOf(linePhoneNumber: string, cursor: string | null): Promise<ListPage<ListedChat>>;
  /** The same for the messages of a chat on one of our lines, in and out, whatever became of them. */
  abstract messagesOf(
    chat: Pick<ListedChat, 'chatId' | 'linePhoneNumber'>,
    cursor: string | null,
  ): Promise<ListPage<ListedMessage>>;
  /** Sends one text, idempotent by its key. */
  abstract send(message: OutboundText): Promise<{ messageId: string; chatId: string }>;
  /**
   * Uploads a file for messages to come and answers with the provider's name for it, which does not expire. A provider
   * that takes no files refuses as `invalid`.
   */
  uploadFile(_file: OutboundFile): Promise<string> {
    const why = 'This version of the provider takes no files';
    return Promise.reject(new ProviderProblem('invalid', why, null, null, null));
  }
  /** Reads a message back; null when the provider does not know it. */
  abstract message(messageId: string): Promise<{ status: string; at: EpochMs | null } | null>;
  /**
   * Whether an address is on iMessage, as the line finds it. One check in ten seconds a line: it belongs on no path that
   * people wait on. V2 lets no line be named, so there it says only that checks work.
   */
  abstract hasIMessage(linePhoneNumber: string, address: string): Promise<boolean>;
  /** Shares the line's contact card into an iMessage thread. */
  abstract shareContactCard(chatId: string): Promise<void>;
  /** Whether the line has an active contact card of its own at the provider. */
  abstract hasContactCard(phoneNumber: string): Promise<boolean>;
  /**
   * What the line shows of itself; null when it has no card. A provider that cannot be asked tells only whether there is
   * one.
   */
  async contactCard(phoneNumber: string): Promise<ProviderContactCard | null> {
    const isActive = await this.hasContactCard(phoneNumber);
    return isActive ? { isActive, name: null, hasPhoto: null } : null;
  }
  /**
   * Makes the line's card, or changes the one that is there. Idempotent. The provider fetches the photo from its address
   * and keeps a copy of it; null leaves the photo as it is.
   */
  abstract setContactCard(
    phoneNumber: string,
    name: string,
    photoUrl: string | null,
  ): Promise<void>;
  /** Each version has its own subscriptions, with ids of their own. */
  abstract subscriptions(version: ApiVersion): Promise<ProviderSubscription[]>;
  /** Creates an unfiltered subscription; the secret is told this once. */
  abstract subscribe(
    targetUrl: string,
    version: ApiVersion,
  ): Promise<{ id: string; secret: string }>;
  abstract unsubscribe(id: string, version: ApiVersion): Promise<void>;
}
