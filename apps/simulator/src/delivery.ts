import type { Chat, Member, Message } from './types';

/** An event on its way to one subscriber. Plain data, so that it survives a restart. */
export interface Delivery {
  readonly id: string;
  readonly subscriptionId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly body: string;
  /** Deliveries of one key to one subscription go out one after the other. */
  readonly orderKey: string;
  attempts: number;
  /** Of the first attempt, in seconds. */
  firstAt: number | null;
}

export interface OutgoingEvent {
  readonly type: string;
  readonly line: string;
  readonly orderKey: string;
  readonly traceId: string;
  /** The event's data for a payload version of V3. */
  readonly data: (version: string, odd: boolean) => object;
  /** What it is about, for V2, which tells it in words of its own; null for what V2 tells nothing of. */
  readonly about: Subject | null;
}

/** What an event is about. */
export type Subject = { readonly at: number; readonly chat: Chat } & (
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'chat' }
  | { readonly kind: 'member'; readonly member: Member }
  | { readonly kind: 'typing'; readonly started: boolean }
  | {
      readonly kind: 'reaction';
      readonly message: Message;
      readonly reaction: {
        readonly handle: string;
        readonly type: string;
        readonly partIndex: number;
      };
    }
);

/** Where a delivery goes, and how. */
export interface Target {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly timeoutMs: number;
  /** Whether a failed attempt is followed by another. */
  readonly retried: boolean;
}
