import type { SimConfig } from './config';
import type { SimEvent } from './event-queue';
import type { Fault } from './faults';
import type { Attachment, BlockedHandle, Chat, Line, Message, Person, Subscription } from './types';
import type { SavedV2 } from './v2/state';
import type { Webhooks } from './webhooks';
import type { StoredAnswer } from './world';

/** The world on disk. */
export interface Snapshot {
  readonly version: number;
  readonly now: number;
  readonly chance: number;
  readonly config: Partial<SimConfig>;
  readonly lines: Line[];
  readonly chats: Chat[];
  readonly messages: Message[];
  readonly people: Person[];
  readonly optedOut: string[];
  readonly blocked: BlockedHandle[];
  readonly attachments: Attachment[];
  readonly subscriptions: Subscription[];
  readonly answers: [string, StoredAnswer][];
  readonly checks: [string, number][];
  readonly faults: { readonly armed: Fault[]; readonly made: number; readonly chance: number };
  /** Not in worlds saved before V2 was served. */
  readonly v2?: SavedV2;
  readonly events: SimEvent[];
  readonly deliveries: ReturnType<Webhooks['unfinished']>;
}
