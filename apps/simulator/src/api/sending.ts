import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Play } from '../play';
import type { Chat, Line, Message } from '../types';
import type { World } from '../world';
import { noteNewChat } from '../scorer';
import { bestLine, chatToUse } from './choice';
import type { Content } from './content';
import { notFound } from './errors';
import { earlierAnswer, keepAnswer, type Keyed } from './idempotency';
import { checkSend } from './send-rules';

export interface Sent {
  readonly chat: Chat;
  readonly message: Message;
}

export interface Wish {
  readonly content: Content;
  readonly overrideOptOut: boolean;
  readonly traceId: string;
}

/** The three ways to send, and what happens once a send has passed the rules. */
export class Sending {
  constructor(
    private readonly world: World,
    private readonly play: Play,
  ) {}

  /** Find-or-create on the line and the exact set of people, then send into it. V2 has no rules for a first message. */
  toPeople(from: string, people: readonly string[], wish: Wish, firstRules = true): Sent {
    const line = this.world.lines.get(from);
    const chat = this.world.chatOf(from, people);
    return this.send({ line, chat, people, firstRules }, wish);
  }

  /** Into a chat that is known, on the line it has. */
  toChat(chatId: string, wish: Wish): Sent {
    const chat = this.world.chats.get(chatId);
    const line = chat && this.world.lines.get(chat.line);
    if (!chat || !line) throw notFound(2001, 'Chat');
    return this.send({ line, chat, people: chat.people, firstRules: false }, wish);
  }

  /** The line and the chat are chosen for the caller; `continuation` replaces the content after a failover. */
  toAnybody(
    people: readonly string[],
    excluded: ReadonlySet<string>,
    wish: Wish,
    continuation: Content | null,
  ): Sent & { readonly reason: string; readonly previousChatId: string | null } {
    const { usable, stranded } = chatToUse(this.world, people, excluded);
    const line = usable ? this.world.lines.get(usable.line) : bestLine(this.world, excluded);
    const content = stranded && continuation ? continuation : wish.content;
    const sent = this.send(
      { line, chat: usable, people, firstRules: false },
      { ...wish, content: { ...content, key: wish.content.key } },
    );
    const reason = usable
      ? 'reused_active_chat'
      : stranded
        ? 'failover_flagged'
        : 'new_best_number';
    return { ...sent, reason, previousChatId: stranded?.id ?? null };
  }

  private send(
    where: {
      readonly line: Line | undefined;
      readonly chat: Chat | null;
      readonly people: readonly string[];
      readonly firstRules: boolean;
    },
    { content, overrideOptOut, traceId }: Wish,
  ): Sent {
    const { world, play } = this;
    checkSend(world, { ...where, content, overrideOptOut }, play);
    const { line, people } = where;
    if (!line) throw notFound(2001, 'Chat');
    const at = world.clock.now();
    const preferred = content.extras?.preferredService ?? null;
    const chat =
      where.chat ??
      play.gatherings.chatFor(line, people, world.serviceFor(people, preferred), at, traceId);
    const message = play.travel.accepted(chat, content, traceId, at);
    if (!where.chat) noteNewChat(world, play, line, at);
    return { chat, message };
  }
}

/** Answers a send: with the earlier answer to its key, or by sending and keeping the answer. */
export function answerSend(
  world: World,
  request: FastifyRequest,
  reply: FastifyReply,
  keyed: Omit<Keyed, 'body'>,
  status: number,
  send: () => { readonly body: object; readonly message: Message },
): FastifyReply {
  const whole = { ...keyed, body: request.body };
  const earlier = earlierAnswer(world, whole);
  if (earlier) return reply.status(earlier.status).send(earlier.body);
  const { body, message } = send();
  keepAnswer(world, whole, { status, body, messageId: message.id });
  return reply.status(status).send(body);
}
