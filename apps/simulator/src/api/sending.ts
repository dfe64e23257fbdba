import type { Play } from '../play';
import type { Chat, Line, Message } from '../types';
import type { World } from '../world';
import { type Content } from './content';
import { LinqError, notFound } from './errors';

const MINUTE_MS = 60_000;

/** The rules a send must pass, in the order of the API reference, and what happens when it does. */
export class Sending {
  constructor(
    private readonly world: World,
    private readonly play: Play,
  ) {}

  /** An earlier answer to the same key. Nothing is sent again. */
  replay(key: string | null): { status: number; body: unknown } | null {
    return key === null ? null : (this.world.answers.get(key) ?? null);
  }

  remember(key: string | null, status: number, body: unknown): void {
    if (key !== null) this.world.answers.set(key, { status, body });
  }

  /** Find-or-create on the line and the exact set of people, then send into it. */
  toPeople(
    from: string,
    to: readonly string[],
    content: Content,
    traceId: string,
  ): { chat: Chat; message: Message } {
    const line = this.world.lines.get(from);
    if (!line)
      throw new LinqError(403, 2006, 'You do not have permission to use this phone number');
    this.mayLeave(line, to);
    const known = this.world.chatOf(from, to);
    if (!known && content.hasLink) {
      throw new LinqError(400, 1005, 'The first message of a new chat must not contain a link');
    }
    this.pairLimit(from, to);
    const at = this.world.clock.now();
    const chat =
      known ?? this.play.chatFor(line, to, this.play.serviceOf(to[0] ?? ''), at, traceId);
    return { chat, message: this.play.accepted(chat, content.text, content.key, traceId, at) };
  }

  toChat(chatId: string, content: Content, traceId: string): { chat: Chat; message: Message } {
    const chat = this.world.chats.get(chatId);
    const line = chat && this.world.lines.get(chat.line);
    if (!chat || !line) throw notFound(2001, 'Chat');
    this.mayLeave(line, chat.people);
    this.pairLimit(chat.line, chat.people);
    const at = this.world.clock.now();
    return { chat, message: this.play.accepted(chat, content.text, content.key, traceId, at) };
  }

  private mayLeave(line: Line, to: readonly string[]): void {
    const { config, optedOut } = this.world;
    if (line.status === 'FLAGGED' && config.flagged === 'refuse') {
      throw new LinqError(
        403,
        2027,
        'This phone number is temporarily ineligible to create activity',
      );
    }
    const [only] = to;
    if (
      config.optOut === 'enforce' &&
      to.length === 1 &&
      only !== undefined &&
      optedOut.has(only)
    ) {
      throw new LinqError(403, 2024, 'The recipient has opted out');
    }
  }

  /** A sliding window over outbound messages of each sender and recipient. */
  private pairLimit(from: string, to: readonly string[]): void {
    const [only] = to;
    if (to.length !== 1 || only === undefined) return;
    const key = `${from} ${only}`;
    const now = this.world.clock.now();
    const recent = (this.world.pairSends.get(key) ?? []).filter((at) => at > now - MINUTE_MS);
    const [first] = recent;
    if (recent.length >= this.world.config.pairLimitPer60s && first !== undefined) {
      const seconds = Math.max(1, Math.ceil((first + MINUTE_MS - now) / 1_000));
      throw new LinqError(429, 1007, `Rate limited. Try again in ${seconds} seconds.`, seconds);
    }
    recent.push(now);
    this.world.pairSends.set(key, recent);
  }
}
