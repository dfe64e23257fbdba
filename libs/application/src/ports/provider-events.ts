import type { EpochMs, ProviderStatus, Reputation } from '@linekeeper/domain';
import type { ChatHealth } from './messaging-provider';

interface EventBase {
  readonly eventId: string;
  readonly eventType: string;
}

/** How the provider judges a thread, and since when. */
export interface ChatHealthNews {
  readonly health: ChatHealth;
  readonly at: EpochMs;
}

interface MessageEventBase extends EventBase {
  readonly messageId: string;
  readonly chatId: string;
  readonly linePhoneNumber: string;
  readonly at: EpochMs;
  readonly isGroup: boolean;
  readonly chatHealth: ChatHealthNews | null;
  readonly service: string | null;
}

/** A webhook in our words. Fields that the provider left out are null, never guessed. */
export type ProviderEvent =
  | (MessageEventBase & { kind: 'message-received'; from: string; text: string })
  | (MessageEventBase & {
      kind: 'message-sent' | 'message-delivered' | 'message-read';
      idempotencyKey: string | null;
    })
  | (EventBase & {
      kind: 'message-failed';
      messageId: string | null;
      chatId: string | null;
      /** Null when it is beyond every code there is. */
      code: number | null;
      at: EpochMs;
    })
  | (EventBase & {
      kind: 'line-status';
      phoneNumber: string;
      status: Exclude<ProviderStatus, 'UNKNOWN'> | null;
      reputation: Exclude<Reputation, 'UNKNOWN'> | null;
      changedAt: EpochMs;
    })
  | (EventBase & {
      kind: 'chat-created';
      chatId: string;
      linePhoneNumber: string;
      participants: readonly string[];
      isGroup: boolean;
      at: EpochMs;
      service: string | null;
    })
  | (EventBase & { kind: 'ignored' });

/** What reading a body gave: an event, or why it cannot be understood (it is kept as a dead letter). */
export type ReadEvent =
  | { kind: 'event'; event: ProviderEvent; orderKey: string }
  | { kind: 'unreadable'; eventId: string | null; eventType: string | null; why: string };

/** Turns the provider's webhook bodies into our words. Pure: no I/O, never throws. */
export abstract class ProviderEventReader {
  /**
   * An event is told after it happened: an instant that is more than a day past `receivedAt` counts as not told. A day,
   * because a clock may be wrong by a zone.
   */
  abstract read(rawBody: string, receivedAt: EpochMs): ReadEvent;
}

export type Verification =
  | { kind: 'verified' }
  | {
      kind: 'rejected';
      why: 'missing-headers' | 'bad-timestamp' | 'too-old' | 'too-new' | 'no-matching-signature';
    };

/**
 * Verifies that the provider signed a body. Several secrets may hold at once (rotation). Constant time per
 * secret; never throws; `now` decides the tolerance.
 */
export abstract class WebhookVerifier {
  abstract verify(input: {
    readonly rawBody: Buffer;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    readonly secrets: readonly string[];
    readonly now: EpochMs;
  }): Verification;
}
