import type { SimEvent } from './event-queue';
import type { Chat, ChatHealth, Line, LineStatus, Message, Reputation, Service } from './types';
import type { Webhooks } from './webhooks';
import { chatOnWire, instant, messageEventData } from './wire';
import type { World } from './world';

/** Linq's own keywords: the single words only in this case, the two words in any. */
const KEYWORDS = new Set(['STOP', 'UNSUBSCRIBE', 'OPTOUT', 'CANCEL', 'END', 'QUIT']);
const TWO_WORDS = /^opt[ -]?out$/i;
const FAILED_DELIVERY = { code: 4001, reason: 'Message delivery failed' };

const ANSWERS = [
  'ok',
  'Sounds good',
  'Thanks!',
  'Can you tell me more?',
  'Yes please',
  'Let me think about it',
];
const FAREWELLS = ['STOP', 'please stop texting me', 'Unsubscribe', 'leave me alone'];

/** What happens in the world: messages travel, people answer, lines are flagged. */
export class Play {
  constructor(
    private readonly world: World,
    private readonly webhooks: Webhooks,
  ) {}

  /** A due event comes to pass. */
  perform(event: SimEvent): void {
    switch (event.kind) {
      case 'inbound':
        this.inbound(event.from, event.to, event.text, event.at);
        break;
      case 'retry':
        this.webhooks.retry(event.deliveryId);
        break;
      default:
        this.progress(event.messageId, event.kind, event.at);
    }
  }

  /** A person writes to a line: the one given, or the one they last talked with. Null when there is none. */
  inbound(from: string, to: string | null, text: string, at: number): Message | null {
    const { world } = this;
    const person = world.person(from);
    const number = to ?? person.lastLine;
    const line = number === null ? undefined : world.lines.get(number);
    if (!line) return null;
    const chat = this.chatFor(line, [from], this.serviceOf(from), at);
    const message = this.newMessage(chat, from, 'in', text, null, at, world.chance.hex(32));
    message.status = 'received';
    chat.inbound += 1;
    person.lastLine = line.phoneNumber;
    this.heedKeyword(chat, from, text, at);
    this.emitMessage('message.received', message);
    return message;
  }

  /** The chat of a line and people, made (and announced) when there is none. */
  chatFor(
    line: Line,
    people: readonly string[],
    service: Service,
    at: number,
    traceId?: string,
  ): Chat {
    const { world } = this;
    const known = world.chatOf(line.phoneNumber, people);
    if (known) return known;
    const chat: Chat = {
      id: world.chance.uuid(),
      line: line.phoneNumber,
      people: [...people].sort(),
      isGroup: people.length > 1,
      createdAt: at,
      handleIds: [line.phoneNumber, ...people].map(() => world.chance.uuid()),
      updatedAt: at,
      health: 'HEALTHY',
      healthAt: at,
      service,
      displayName: null,
      lastActivityAt: at,
      outbound: 0,
      inbound: 0,
      shares: 0,
    };
    world.addChat(chat);
    this.webhooks.emit({
      type: 'chat.created',
      line: chat.line,
      orderKey: chat.id,
      traceId: traceId ?? world.chance.hex(32),
      data: () => {
        const { is_archived: _archived, ...data } = chatOnWire(chat) as Record<string, unknown>;
        return data;
      },
    });
    return chat;
  }

  /** A send that was accepted: it will be sent, delivered and perhaps read, or fail on a flagged line. */
  accepted(chat: Chat, text: string, key: string | null, traceId: string, at: number): Message {
    const { world } = this;
    const message = this.newMessage(chat, chat.people[0] ?? '', 'out', text, key, at, traceId);
    chat.outbound += 1;
    const line = world.lines.get(chat.line);
    if (line) line.lastUsedAt = at;
    for (const handle of chat.people) world.person(handle).lastLine = chat.line;
    const kind = line?.status === 'FLAGGED' ? 'failed' : 'sent';
    world.queue.add({ kind, messageId: message.id, at: at + world.config.sentDelayMs });
    return message;
  }

  setStatus(line: Line, next: { status?: LineStatus; reputation?: Reputation }, at: number): void {
    const before = { status: line.status, reputation: line.reputation };
    line.status = next.status ?? line.status;
    line.reputation = next.reputation ?? line.reputation;
    if (before.status === line.status && before.reputation === line.reputation) return;
    this.world.changes += 1;
    const after = { status: line.status, reputation: line.reputation };
    this.webhooks.emit({
      type: 'phone_number.status_updated',
      line: line.phoneNumber,
      orderKey: line.phoneNumber,
      traceId: this.world.chance.hex(32),
      data: () => ({
        phone_number: line.phoneNumber,
        previous_status: before.status,
        new_status: after.status,
        previous_reputation: before.reputation,
        new_reputation: after.reputation,
        previous_health_status: before.reputation,
        new_health_status: after.reputation,
        changed_at: instant(at),
      }),
    });
  }

  serviceOf(handle: string): Service {
    return this.world.person(handle).device === 'iphone' ? 'iMessage' : 'SMS';
  }

  private progress(
    messageId: string,
    kind: 'sent' | 'delivered' | 'read' | 'failed',
    at: number,
  ): void {
    const { world } = this;
    const message = world.messages.get(messageId);
    const chat = message && world.chats.get(message.chatId);
    if (!message || !chat) return;
    world.changes += 1;
    message.status = kind;
    if (kind === 'failed') {
      this.emitFailure(message, at);
      return;
    }
    if (kind === 'delivered') message.deliveredAt = at;
    if (kind === 'read') message.readAt = at;
    this.emitMessage(`message.${kind}`, message);
    if (kind === 'sent') {
      this.answer(chat, message, at);
      const receipts = world.config.receipts && !chat.isGroup && chat.service !== 'SMS';
      if (receipts)
        world.queue.add({ kind: 'delivered', messageId, at: at + world.config.deliveredDelayMs });
    }
    if (kind === 'delivered' && world.chance.next() < world.config.readRate) {
      world.queue.add({ kind: 'read', messageId, at: at + world.config.readDelayMs });
    }
  }

  /** A person answers as often, and after as long, as is their way. */
  private answer(chat: Chat, message: Message, at: number): void {
    const { chance } = this.world;
    const person = this.world.person(message.handle);
    if (person.replyRate === 0 || chance.next() >= person.replyRate) return;
    const { min, max } = person.replyDelaySeconds;
    const delayMs = Math.round((min + chance.next() * (max - min)) * 1_000);
    const leaves = chance.next() < person.optOutProbability;
    const text = chance.pick(leaves ? FAREWELLS : ANSWERS) ?? 'ok';
    this.world.queue.add({
      kind: 'inbound',
      from: person.handle,
      to: chat.line,
      text,
      at: at + delayMs,
    });
  }

  private heedKeyword(chat: Chat, from: string, text: string, at: number): void {
    if (chat.isGroup) return;
    const trimmed = text.trim();
    if (KEYWORDS.has(trimmed) || TWO_WORDS.test(trimmed)) {
      this.world.optedOut.add(from);
      setHealth(chat, 'OPTED_OUT', at);
    } else if (this.world.optedOut.delete(from)) {
      setHealth(chat, 'HEALTHY', at);
    }
  }

  private newMessage(
    chat: Chat,
    handle: string,
    direction: 'in' | 'out',
    text: string,
    idempotencyKey: string | null,
    at: number,
    traceId: string,
  ): Message {
    const message: Message = {
      id: this.world.chance.uuid(),
      chatId: chat.id,
      line: chat.line,
      handle,
      direction,
      at,
      text,
      idempotencyKey,
      service: chat.service,
      traceId,
      status: 'pending',
      deliveredAt: null,
      readAt: null,
    };
    chat.lastActivityAt = at;
    chat.updatedAt = at;
    this.world.addMessage(message);
    return message;
  }

  private emitMessage(type: string, message: Message): void {
    this.webhooks.emit({
      type,
      line: message.line,
      orderKey: message.chatId,
      traceId: message.traceId,
      data: (version, odd) => messageEventData(this.world, message, version, odd),
    });
  }

  private emitFailure(message: Message, at: number): void {
    this.webhooks.emit({
      type: 'message.failed',
      line: message.line,
      orderKey: message.chatId,
      traceId: message.traceId,
      data: () => ({
        chat_id: message.chatId,
        message_id: message.id,
        ...FAILED_DELIVERY,
        failed_at: instant(at),
      }),
    });
  }
}

function setHealth(chat: Chat, health: ChatHealth, at: number): void {
  chat.health = health;
  chat.healthAt = at;
}
