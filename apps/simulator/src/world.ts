import type { VirtualClock } from './clock';
import { DEFAULT_CONFIG, type SimConfig } from './config';
import { EventQueue } from './event-queue';
import { Faults } from './faults';
import type { Chance } from './random';
import { V2State } from './v2/state';
import type {
  Attachment,
  BlockedHandle,
  Chat,
  Line,
  Message,
  Person,
  Service,
  Subscription,
} from './types';

/** The stored answer of a send, by its idempotency key. */
export interface StoredAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly at: number;
  readonly messageId: string;
  /** Of the request, to tell another body under the same key. */
  readonly fingerprint: string;
}

/** Everything there is in this world. Other files change it; this one only holds and finds. */
export class World {
  readonly lines = new Map<string, Line>();
  readonly chats = new Map<string, Chat>();
  private readonly chatIdsByKey = new Map<string, string>();
  readonly chatIdsByPerson = new Map<string, string[]>();
  readonly messages = new Map<string, Message>();
  readonly messageIdsByChat = new Map<string, string[]>();
  readonly people = new Map<string, Person>();
  readonly optedOut = new Set<string>();
  readonly blocked = new Map<string, BlockedHandle>();
  readonly attachments = new Map<string, Attachment>();
  readonly subscriptions = new Map<string, Subscription>();
  readonly answers = new Map<string, StoredAnswer>();
  readonly pairSends = new Map<string, number[]>();
  readonly checks = new Map<string, number>();
  /** Every capability check that was asked for since the start, for the books; not saved. */
  readonly checkLog: { line: string; address: string; at: number; limited: boolean }[] = [];
  /** What V2 alone has. */
  readonly v2 = new V2State(() => (this.changes += 1));
  readonly queue = new EventQueue();
  readonly faults: Faults;
  config: SimConfig = { ...DEFAULT_CONFIG };
  /** Where this simulator was last reached; the addresses it gives out begin with it. */
  origin = 'http://127.0.0.1';
  /** Rises with every change that is worth saving, and with every call that a step of the clock must wait for. */
  changes = 0;

  constructor(
    readonly clock: VirtualClock,
    readonly chance: Chance,
    faultChance: Chance,
    readonly partnerId: string,
  ) {
    this.faults = new Faults(faultChance);
  }

  /** The chat that a send from the line to exactly these people goes into. */
  chatOf(line: string, people: readonly string[]): Chat | null {
    const id = this.chatIdsByKey.get(chatKey(line, people));
    return id === undefined ? null : (this.chats.get(id) ?? null);
  }

  /** The chats of all lines with exactly these people that a send may find, the most recently active first. */
  chatsWithExactly(people: readonly string[]): Chat[] {
    const [first] = people;
    const ids = first === undefined ? [] : (this.chatIdsByPerson.get(first) ?? []);
    return ids
      .flatMap((id) => this.chats.get(id) ?? [])
      .filter((chat) => this.chatOf(chat.line, people) === chat)
      .sort((a, b) => b.lastActivityAt - a.lastActivityAt);
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
      eligible: true,
      lastUsedAt: 0,
      card: null,
      checkFailures: { iMessage: null, RCS: null },
      audits: [],
    };
    this.lines.set(phoneNumber, line);
    this.changes += 1;
    return line;
  }

  addChat(chat: Chat): void {
    this.chats.set(chat.id, chat);
    for (const handle of chat.people) this.remember(handle, chat);
    if (isFound(chat)) this.chatIdsByKey.set(chatKey(chat.line, chat.people), chat.id);
  }

  /** Its members, its name or whether we are in it has changed: so has what finds it. */
  regather(chat: Chat): void {
    const before = chatKey(chat.line, chat.people);
    if (this.chatIdsByKey.get(before) === chat.id) this.chatIdsByKey.delete(before);
    chat.people = chat.members
      .filter(({ handle, status }) => handle !== chat.line && status === 'active')
      .map(({ handle }) => handle)
      .sort();
    const key = chatKey(chat.line, chat.people);
    if (isFound(chat) && !this.chatIdsByKey.has(key)) this.chatIdsByKey.set(key, chat.id);
    for (const handle of chat.people) this.remember(handle, chat);
    this.changes += 1;
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
      person = { handle, lastLine: null, ...STRANGER };
      this.people.set(handle, person);
    }
    return person;
  }

  /** What a message to these people travels by. A wish for iMessage alone is kept, whether it can be met or not. */
  serviceFor(people: readonly string[], preferred: Service | null): Service {
    const all = (able: (person: Person) => boolean): boolean =>
      people.every((handle) => able(this.person(handle)));
    if (preferred === 'iMessage') return 'iMessage';
    if (preferred === null && this.takesIMessage(people)) return 'iMessage';
    return all(({ rcs }) => rcs) ? 'RCS' : 'SMS';
  }

  takesIMessage(people: readonly string[]): boolean {
    return people.every((handle) => this.person(handle).device === 'iphone');
  }

  private remember(handle: string, chat: Chat): void {
    const ids = this.chatIdsByPerson.get(handle) ?? [];
    if (!ids.includes(chat.id)) ids.push(chat.id);
    this.chatIdsByPerson.set(handle, ids);
  }
}

export const STRANGER: Omit<Person, 'handle' | 'lastLine'> = {
  device: 'iphone',
  rcs: false,
  location: null,
  saves: true,
  replyRate: 0,
  replyDelaySeconds: { min: 20, max: 600 },
  optOutProbability: 0,
};

function chatKey(line: string, people: readonly string[]): string {
  return `${line} ${[...people].sort().join(' ')}`;
}

/** Whether naming its members finds it. */
function isFound(chat: Chat): boolean {
  return !chat.left && !(chat.isGroup && chat.displayName !== null);
}
