import type { EpochMs, ProviderStatus, Reputation } from '@linekeeper/domain';
import type { ApiVersion } from './api-version';
import type { ChatHealthNews } from './messaging-provider';

interface EventBase {
  readonly eventId: string;
  readonly eventType: string;
}

interface MessageEventBase extends EventBase {
  readonly messageId: string;
  readonly chatId: string;
  readonly linePhoneNumber: string;
  readonly at: EpochMs;
  readonly isGroup: boolean;
  readonly chatHealth: ChatHealthNews | null;
  readonly service: string | null;
  /** True when the news was read back later, by us or by the provider: no webhook told of it in its time. */
  readonly recovered: boolean;
}

/** A webhook in our words. Fields that the provider left out are null, never guessed. */
export type ProviderEvent =
  | (MessageEventBase & { kind: 'message-received'; from: string; text: string })
  | (MessageEventBase & {
      kind: 'message-sent' | 'message-delivered' | 'message-read';
      idempotencyKey: string | null;
      /** The one person it went to, where no key tells. */
      to?: string;
    })
  | (EventBase & {
      kind: 'message-failed';
      messageId: string | null;
      chatId: string | null;
      /** Null when it is not told, or beyond every code there is. */
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

/** What begins the id of every event that V2 told, for us: V2's own ids need not differ from V3's. */
const PREFIX_OF_V2 = 'v2:';

/** The id under which an event is kept: it says for ever in which version the body has to be read. */
export function eventIdIn(version: ApiVersion, eventId: string): string {
  return version === 'v2' ? `${PREFIX_OF_V2}${eventId}` : eventId;
}

/** The version in which the body of a kept event is written. */
export function versionOfEvent(eventId: string): ApiVersion {
  return eventId.startsWith(PREFIX_OF_V2) ? 'v2' : 'v3';
}

/** Turns the provider's webhook bodies into our words. Pure: no I/O, never throws. */
export abstract class ProviderEventReader {
  /**
   * An event is told after it happened: an instant that is more than a day past `receivedAt` counts as not told. A day,
   * because a clock may be wrong by a zone. Event ids are told as {@link eventIdIn} makes them.
   */
  abstract read(rawBody: string, receivedAt: EpochMs, version: ApiVersion): ReadEvent;
}

/** News that can be read back from the provider when its webhook was lost. */
export type MissedEvent = Exclude<ProviderEvent, { kind: 'line-status' | 'ignored' }>;

/** Writes the body that a lost webhook would have had, so that what was missed goes the way of everything else. Pure. */
export abstract class ProviderEventWriter {
  /**
   * {@link ProviderEventReader} reads the same event from it as from a body of V3, whichever version the line speaks. An
   * event about a message is marked as recovered at `readAt`.
   */
  abstract write(event: MissedEvent, readAt: EpochMs): Buffer;
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
    /** At the address of which version it came. */
    readonly version: ApiVersion;
  }): Verification;
}
