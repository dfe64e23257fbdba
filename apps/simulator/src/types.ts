export type LineStatus = 'ACTIVE' | 'FLAGGED';
export type Reputation = 'HEALTHY' | 'AT_RISK' | 'CRITICAL';
export type ChatHealth = 'HEALTHY' | 'AT_RISK' | 'CRITICAL' | 'OPTED_OUT';
export type Service = 'iMessage' | 'SMS' | 'RCS';

export interface Line {
  readonly id: string;
  readonly phoneNumber: string;
  forwardingNumber: string | null;
  status: LineStatus;
  reputation: Reputation;
  lastUsedAt: number;
  card: ContactCard | null;
}

export interface ContactCard {
  first_name: string;
  last_name: string | null;
  image_url: string | null;
  is_active: boolean;
}

export interface Chat {
  readonly id: string;
  readonly line: string;
  /** The other parties, sorted. */
  readonly people: readonly string[];
  readonly isGroup: boolean;
  readonly createdAt: number;
  readonly handleIds: readonly string[];
  updatedAt: number;
  health: ChatHealth;
  healthAt: number;
  service: Service;
  displayName: string | null;
  lastActivityAt: number;
  outbound: number;
  inbound: number;
  shares: number;
}

export type MessageStatus = 'pending' | 'sent' | 'delivered' | 'read' | 'failed' | 'received';

export interface Message {
  readonly id: string;
  readonly chatId: string;
  readonly line: string;
  readonly handle: string;
  readonly direction: 'in' | 'out';
  readonly at: number;
  readonly text: string;
  readonly idempotencyKey: string | null;
  readonly service: Service;
  readonly traceId: string;
  status: MessageStatus;
  deliveredAt: number | null;
  readAt: number | null;
}

export interface Person {
  readonly handle: string;
  device: 'iphone' | 'android';
  /** Saves a card that is sent to them. */
  saves: boolean;
  /** Share of our messages they answer. */
  replyRate: number;
  replyDelaySeconds: { min: number; max: number };
  /** Chance that an answer is a wish to be left alone. */
  optOutProbability: number;
  /** The line of the thread that was active last. */
  lastLine: string | null;
}

export interface Subscription {
  readonly id: string;
  target_url: string;
  subscribed_events: string[];
  phone_numbers: string[] | null;
  is_active: boolean;
  readonly secret: string;
  readonly createdAt: number;
  updatedAt: number;
}

/** Invented behaviour, each with a switch (README). */
export interface SimConfig {
  /** What becomes of a send on a flagged line: accepted and then failed, or refused at once. */
  flagged: 'fail' | 'refuse';
  /** Whether the provider itself refuses sends to who opted out. */
  optOut: 'enforce' | 'off';
  sentDelayMs: number;
  deliveredDelayMs: number;
  /** Whether receipts beyond message.sent are emitted. */
  receipts: boolean;
  /** Share of delivered messages that are read, after the delay. */
  readRate: number;
  readDelayMs: number;
  pairLimitPer60s: number;
}

export const DEFAULT_CONFIG: SimConfig = {
  flagged: 'fail',
  optOut: 'enforce',
  sentDelayMs: 0,
  deliveredDelayMs: 0,
  receipts: true,
  readRate: 0,
  readDelayMs: 30_000,
  pairLimitPer60s: 30,
};

/** Faults on demand: each counts down as it strikes. */
export interface Faults {
  failNext: { left: number; status: number; code: number; retryAfter: number | null };
  loseAnswers: number;
  dropWebhooks: number;
  duplicateWebhooks: number;
}
