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
  /** Whether it may create activity at all (403, code 2027); apart from the status. */
  eligible: boolean;
  lastUsedAt: number;
  card: ContactCard | null;
  /** The code with which checks of a capability fail on this line, if they do. */
  checkFailures: { iMessage: number | null; RCS: number | null };
  audits: Audit[];
}

export interface Audit {
  readonly id: string;
  readonly startedAt: number;
  readonly doneAt: number;
}

export interface ContactCard {
  first_name: string;
  last_name: string | null;
  image_url: string | null;
  is_active: boolean;
}

/** A place in a chat; the first member of a chat is our line. */
export interface Member {
  readonly id: string;
  readonly handle: string;
  readonly joinedAt: number;
  leftAt: number | null;
  status: 'active' | 'left' | 'removed';
}

export interface Chat {
  readonly id: string;
  readonly line: string;
  readonly members: Member[];
  /** The other parties who are still in it, sorted. */
  people: readonly string[];
  readonly isGroup: boolean;
  readonly createdAt: number;
  updatedAt: number;
  health: ChatHealth;
  healthAt: number;
  service: Service;
  /** The name it was given; a group with one is not found by its members any more. */
  displayName: string | null;
  icon: string | null;
  /** Our line has left it. */
  left: boolean;
  lastActivityAt: number;
  outbound: number;
  inbound: number;
  shares: number;
}

export type MessageStatus =
  'pending' | 'queued' | 'sent' | 'delivered' | 'read' | 'failed' | 'received';

export interface Message {
  readonly id: string;
  readonly chatId: string;
  readonly line: string;
  readonly handle: string;
  readonly direction: 'in' | 'out';
  readonly at: number;
  parts: Part[];
  readonly idempotencyKey: string | null;
  readonly service: Service;
  readonly traceId: string;
  status: MessageStatus;
  sentAt: number | null;
  deliveredAt: number | null;
  readAt: number | null;
  /** With which code it will fail, or has failed. */
  failure: number | null;
  /** What only some messages have. */
  readonly extras: MessageExtras | null;
  edits: number;
  editedAt: number | null;
  /** Gone from the API; the books keep it. */
  deleted: boolean;
}

export interface Reaction {
  readonly handle: string;
  readonly type: string;
  readonly customEmoji: string | null;
  /** Left out by older simulators. */
  readonly at?: number;
}

/** A piece of a message, as it is kept. */
export type Part = { reactions?: Reaction[] } & (
  | { type: 'text'; value: string; decorations?: object[] }
  | { type: 'link'; value: string }
  | {
      type: 'media';
      /** Of the attachment, or of its own when it came by an address. */
      id: string;
      /** The address it came by; null for what was uploaded here. */
      url: string | null;
      filename: string;
      mimeType: string;
      sizeBytes: number;
    }
  | { type: 'imessage_app'; app: object; layout: object; url: string; fallbackText: string | null }
);

export interface MessageExtras {
  readonly effect: {
    readonly type?: string | undefined;
    readonly name?: string | undefined;
  } | null;
  readonly replyTo: { readonly message_id: string; readonly part_index: number } | null;
  readonly preferredService: Service | null;
}

export interface Person {
  readonly handle: string;
  device: 'iphone' | 'android';
  /** Whether their device takes RCS. */
  rcs: boolean;
  /** Where they are, while they share it. */
  location: { longitude: number; latitude: number } | null;
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

export interface Attachment {
  readonly id: string;
  readonly filename: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  readonly createdAt: number;
  status: 'pending' | 'complete' | 'failed';
  /** What was uploaded, in base64. */
  bytes: string | null;
}

export interface BlockedHandle {
  readonly handle: string;
  readonly blockedAt: number;
  readonly reason: string | null;
}
