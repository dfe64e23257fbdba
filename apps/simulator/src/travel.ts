import type { People } from './people';
import type { Chat, Message, MessageExtras, Part } from './types';
import type { Webhooks } from './webhooks';
import { instant } from './wire';
import { messageEventData } from './wire-events';
import type { World } from './world';

const REASONS: Readonly<Record<number, string>> = {
  3007: 'Delivery attempts exhausted',
  4001: 'Message delivery failed',
  4002: 'Phone not available',
  4005: 'Recipient does not support this message type',
};

export interface Outgoing {
  readonly parts: Part[];
  readonly key: string | null;
  readonly extras: MessageExtras | null;
}

/** How messages travel: accepted, sent, delivered and read, or failed. */
export class Travel {
  constructor(
    private readonly world: World,
    private readonly webhooks: Webhooks,
    private readonly people: People,
  ) {}

  /** A send that was accepted, and what will become of it. */
  accepted(chat: Chat, outgoing: Outgoing, traceId: string, at: number): Message {
    const { world } = this;
    const preferred = outgoing.extras?.preferredService ?? null;
    const service = preferred === null ? chat.service : world.serviceFor(chat.people, preferred);
    const message = this.newMessage(chat, chat.people[0] ?? '', 'out', at, {
      ...outgoing,
      traceId,
      service,
    });
    chat.outbound += 1;
    const line = world.lines.get(chat.line);
    if (line) line.lastUsedAt = at;
    for (const handle of chat.people) world.person(handle).lastLine = chat.line;
    const cannot = preferred === 'iMessage' && !world.takesIMessage(chat.people);
    if (line?.status === 'FLAGGED') message.failure = 4001;
    else if (cannot) message.failure = world.config.iMessageOnlyFailure;
    this.setOut(chat, message, at);
    return message;
  }

  /** A message of a person. */
  received(
    chat: Chat,
    from: string,
    parts: Part[],
    at: number,
    extras: MessageExtras | null,
  ): Message {
    const traceId = this.world.chance.hex(32);
    const { service } = chat;
    const message = this.newMessage(chat, from, 'in', at, {
      parts,
      key: null,
      extras,
      traceId,
      service,
    });
    message.status = 'received';
    message.sentAt = at;
    chat.inbound += 1;
    return message;
  }

  progress(
    messageId: string,
    kind: 'queued' | 'sent' | 'delivered' | 'read' | 'failed',
    at: number,
  ): void {
    const { world } = this;
    const message = world.messages.get(messageId);
    const chat = message && world.chats.get(message.chatId);
    if (!message || !chat) return;
    world.changes += 1;
    message.status = kind;
    if (kind === 'queued') return;
    if (kind === 'failed') {
      this.emitFailure(message, at);
      return;
    }
    if (kind === 'sent') message.sentAt = at;
    if (kind === 'delivered') message.deliveredAt = at;
    if (kind === 'read') message.readAt = at;
    this.emitMessage(`message.${kind}`, chat, message, at);
    if (kind === 'sent') {
      this.people.answer(chat, message, at);
      const receipts = world.config.receipts && !chat.isGroup && message.service !== 'SMS';
      if (receipts)
        world.queue.add({ kind: 'delivered', messageId, at: at + world.config.deliveredDelayMs });
    }
    if (kind === 'delivered' && world.chance.next() < world.config.readRate) {
      world.queue.add({ kind: 'read', messageId, at: at + world.config.readDelayMs });
    }
  }

  emitMessage(type: string, chat: Chat, message: Message, at: number): void {
    this.webhooks.emit({
      type,
      line: message.line,
      orderKey: message.chatId,
      traceId: message.traceId,
      data: (version, odd) => messageEventData(this.world, message, version, odd),
      about: { kind: 'message', chat, message, at },
    });
  }

  /** Puts what will happen to it on the clock, with the faults that strike it. */
  private setOut(chat: Chat, message: Message, at: number): void {
    const { faults, queue, config } = this.world;
    const occasion = { line: chat.line };
    const throttled = faults.strike('throttled-line', occasion);
    const wait =
      config.sentDelayMs +
      (throttled ? faults.between(throttled.minSeconds, throttled.maxSeconds) : 0);
    const { id: messageId } = message;
    if (wait > 0 && config.waitingStatus === 'queued') queue.add({ kind: 'queued', messageId, at });
    const failed = message.failure === null ? faults.strike('failed-message', occasion) : null;
    if (failed) message.failure = failed.code;
    queue.add({ kind: message.failure === null ? 'sent' : 'failed', messageId, at: at + wait });
    if (failed?.deliveredAfterSeconds == null) return;
    queue.add({
      kind: 'delivered',
      messageId,
      at: at + wait + failed.deliveredAfterSeconds * 1_000,
    });
  }

  private newMessage(
    chat: Chat,
    handle: string,
    direction: 'in' | 'out',
    at: number,
    content: Outgoing & Pick<Message, 'traceId' | 'service'>,
  ): Message {
    const message: Message = {
      id: this.world.chance.uuid(),
      chatId: chat.id,
      line: chat.line,
      handle,
      direction,
      at,
      parts: content.parts,
      idempotencyKey: content.key,
      service: content.service,
      traceId: content.traceId,
      status: 'pending',
      sentAt: null,
      deliveredAt: null,
      readAt: null,
      failure: null,
      extras: content.extras,
      edits: 0,
      editedAt: null,
      deleted: false,
    };
    chat.lastActivityAt = at;
    chat.updatedAt = at;
    this.world.addMessage(message);
    return message;
  }

  private emitFailure(message: Message, at: number): void {
    const code = message.failure ?? 4001;
    this.webhooks.emit({
      type: 'message.failed',
      line: message.line,
      orderKey: message.chatId,
      traceId: message.traceId,
      about: null,
      data: () => ({
        chat_id: message.chatId,
        message_id: message.id,
        code,
        reason: REASONS[code] ?? 'Message delivery failed',
        failed_at: instant(at),
      }),
    });
  }
}
