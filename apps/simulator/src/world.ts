import { type VirtualClock } from './clock';
import { EventQueue } from './event-queue';
import { type Chance } from './random';
import {
  type Chat,
  DEFAULT_CONFIG,
  type Faults,
  type Line,
  type Message,
  type Person,
  type SimConfig,
  type Subscription,
} from './types';

/** The stored answer of a send, by its idempotency key. */
export interface StoredAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Everything there is in this world. Other files change it; this one only holds and finds. */
export class World {
  readonly lines = new Map<string, Line>();
  readonly chats = new Map<string, Chat>();
  readonly chatIdsByKey = new Map<string, string>();
  readonly chatIdsByPerson = new Map<string, string[]>();
  readonly messages = new Map<string, Message>();
  readonly messageIdsByChat = new Map<string, string[]>();
  readonly people = new Map<string, Person>();
  readonly optedOut = new Set<string>();
  readonly subscriptions = new Map<string, Subscription>();
  readonly answers = new Map<string, StoredAnswer>();
  readonly pairSends = new Map<string, number[]>();
  readonly queue = new EventQueue();
  readonly faults: Faults = {
    failNext: { left: 0, status: 500, code: 3006, retryAfter: null },
    loseAnswers: 0,
    dropWebhooks: 0,
    duplicateWebhooks: 0,
  };
  config: SimConfig = { ...DEFAULT_CONFIG };
  /** Rises with every change that is worth saving, and with every call that a step of the clock must wait for. */
  changes = 0;

  constructor(
    readonly clock: VirtualClock,
    readonly chance: Chance,
    readonly partnerId: string,
  ) {}

  static chatKey(line: string, people: readonly string[]): string {
    return `${line} ${[...people].sort().join(' ')}`;
  }

  chatOf(line: string, people: readonly string[]): Chat | null {
    const id = this.chatIdsByKey.get(World.chatKey(line, people));
    return id === undefined ? null : (this.chats.get(id) ?? null);
  }

  addLine(phoneNumber: string): Line {
    const known = this.lines.get(phoneNumber);
    if (known) return known;
    const line: Line = {
      id: this.chance.uuid(),
      phoneNumber,
      forwardingNumber: null,
      status: 'ACTIVE',
      reputation: 'HEALTHY',
      lastUsedAt: 0,
      card: null,
    };
    this.lines.set(phoneNumber, line);
    this.changes += 1;
    return line;
  }

  addChat(chat: Chat): void {
    this.chats.set(chat.id, chat);
    this.chatIdsByKey.set(World.chatKey(chat.line, chat.people), chat.id);
    for (const handle of chat.people) {
      const ids = this.chatIdsByPerson.get(handle) ?? [];
      ids.push(chat.id);
      this.chatIdsByPerson.set(handle, ids);
    }
  }

  addMessage(message: Message): void {
    this.messages.set(message.id, message);
    const ids = this.messageIdsByChat.get(message.chatId) ?? [];
    ids.push(message.id);
    this.messageIdsByChat.set(message.chatId, ids);
    this.changes += 1;
  }

  /** People come into being when they are first met, silent until they are told how to behave. */
  person(handle: string): Person {
    let person = this.people.get(handle);
    if (!person) {
      person = {
        handle,
        device: 'iphone',
        saves: true,
        replyRate: 0,
        replyDelaySeconds: { min: 20, max: 600 },
        optOutProbability: 0,
        lastLine: null,
      };
      this.people.set(handle, person);
    }
    return person;
  }
}
