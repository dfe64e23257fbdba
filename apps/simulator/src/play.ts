import type { SimEvent } from './event-queue';
import { type Gatherings, setHealth } from './gatherings';
import type { Travel } from './travel';
import type { Chat, Line, LineStatus, Message, MessageExtras, Part, Reputation } from './types';
import type { Webhooks } from './webhooks';
import { instant } from './wire';
import { reactionData } from './wire-events';
import type { World } from './world';

/** Linq's own keywords: the single words only in this case, the two words in any. */
const KEYWORDS = new Set(['STOP', 'UNSUBSCRIBE', 'OPTOUT', 'CANCEL', 'END', 'QUIT']);
const TWO_WORDS = /^opt[ -]?out$/i;

export interface ReactionChange {
  readonly handle: string;
  readonly operation: 'add' | 'remove';
  readonly type: string;
  readonly customEmoji: string | null;
  readonly partIndex: number;
}

/** What happens in the world: messages travel, people write, lines are flagged. */
export class Play {
  constructor(
    private readonly world: World,
    private readonly webhooks: Webhooks,
    readonly travel: Travel,
    readonly gatherings: Gatherings,
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
      case 'member':
        this.gatherings.changeMember(event);
        break;
      case 'group':
        this.gatherings.changeGroup(event);
        break;
      default:
        this.travel.progress(event.messageId, event.kind, event.at);
    }
  }

  /** A person writes to a line: the one given, or the one they last talked with. Null when nothing arrives. */
  inbound(from: string, to: string | null, text: string, at: number): Message | null {
    const { world } = this;
    const { config } = world;
    const number = to ?? world.person(from).lastLine;
    const line = number === null ? undefined : world.lines.get(number);
    if (!line || world.blocked.has(from)) return null;
    if (line.status === 'FLAGGED' && config.flaggedInbound === 'lost') return null;
    const service = world.serviceFor([from], null);
    const announced = config.chatCreatedByInbound;
    const chat = this.gatherings.chatFor(line, [from], service, at, undefined, announced);
    return this.writes(chat, from, [{ type: 'text', value: text }], at);
  }

  /** A person writes in a chat, of two or of many. */
  writes(
    chat: Chat,
    from: string,
    parts: Part[],
    at: number,
    extras: MessageExtras | null = null,
  ): Message {
    const message = this.travel.received(chat, from, parts, at, extras);
    this.world.person(from).lastLine = chat.line;
    if (this.world.config.pairLimitInbound === 'counted') this.countPair(chat.line, from, at);
    const [first] = parts;
    if (first?.type === 'text') this.heedKeyword(chat, from, first.value, at);
    this.travel.emitMessage('message.received', chat, message, at);
    return message;
  }

  /** A reaction comes or goes, of us or of a person. One of a kind per handle and part. */
  react(chat: Chat, message: Message, change: ReactionChange, traceId: string, at: number): void {
    const part = message.parts[change.partIndex];
    if (!part) return;
    const { handle, type, customEmoji } = change;
    const others = (part.reactions ?? []).filter(
      (each) => each.handle !== handle || each.type !== type || each.customEmoji !== customEmoji,
    );
    part.reactions =
      change.operation === 'add' ? [...others, { handle, type, customEmoji, at }] : others;
    this.world.changes += 1;
    const event = change.operation === 'add' ? 'reaction.added' : 'reaction.removed';
    const data = reactionData(chat, message, change, at);
    const about = { kind: 'reaction', chat, message, reaction: change, at } as const;
    this.gatherings.emit(event, chat, traceId, data, about);
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
      about: null,
      data: () => ({
        phone_number: line.phoneNumber,
        previous_status: before.status,
        new_status: after.status,
        previous_reputation: before.reputation,
        new_reputation: after.reputation,
        ...(this.world.config.lineHealthStatus
          ? { previous_health_status: before.reputation, new_health_status: after.reputation }
          : {}),
        changed_at: instant(at),
      }),
    });
  }

  /** Notes a message between a line and a person for the limit on pairs. */
  countPair(line: string, handle: string, at: number): void {
    const key = `${line} ${handle}`;
    this.world.pairSends.set(key, [...(this.world.pairSends.get(key) ?? []), at]);
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
}
