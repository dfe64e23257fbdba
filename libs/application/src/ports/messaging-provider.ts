import type { EpochMs, ProviderStatus, Reputation } from '@linekeeper/domain';

export interface ProviderLine {
  readonly providerLineId: string;
  readonly phoneNumber: string;
  /** Null when the provider's list does not say. */
  readonly reputation: Exclude<Reputation, 'UNKNOWN'> | null;
  readonly status: Exclude<ProviderStatus, 'UNKNOWN'> | null;
}

export const CHAT_HEALTHS = ['HEALTHY', 'AT_RISK', 'CRITICAL', 'OPTED_OUT'] as const;
export type ChatHealth = (typeof CHAT_HEALTHS)[number];

export interface ProviderChat {
  readonly chatId: string;
  readonly linePhoneNumber: string;
  /** The other parties, normalised as the provider writes them. */
  readonly participants: readonly string[];
  readonly isGroup: boolean;
  readonly health: ChatHealth;
  readonly service: string | null;
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
  /** At most one upstream acceptance per key, for ever. */
  readonly idempotencyKey: string;
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

/** The upstream messaging API. Every method may throw {@link ProviderProblem} and nothing else. */
export abstract class MessagingProvider {
  /** Every line of the account. */
  abstract listLines(): Promise<ProviderLine[]>;
  abstract chat(chatId: string): Promise<ProviderChat>;
  /** The chats of one line with one person, newest first; empty when there is none. */
  abstract chatsWith(linePhoneNumber: string, handle: string): Promise<ProviderChat[]>;
  /** Sends one text, idempotent by its key. */
  abstract send(message: OutboundText): Promise<{ messageId: string; chatId: string }>;
  /** Reads a message back; null when the provider does not know it. */
  abstract message(messageId: string): Promise<{ status: string; at: EpochMs | null } | null>;
  /** Shares the line's contact card into an iMessage thread. */
  abstract shareContactCard(chatId: string): Promise<void>;
  /** Whether the line has an active contact card of its own at the provider. */
  abstract hasContactCard(phoneNumber: string): Promise<boolean>;
  abstract setContactCard(phoneNumber: string, name: string): Promise<void>;
  abstract subscriptions(): Promise<ProviderSubscription[]>;
  /** Creates an unfiltered subscription; the secret is told this once. */
  abstract subscribe(targetUrl: string): Promise<{ id: string; secret: string }>;
  abstract unsubscribe(id: string): Promise<void>;
}
