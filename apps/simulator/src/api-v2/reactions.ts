import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Api } from '../api/context';
import { mustBeEligible, mustBeInside } from '../api/send-rules';
import { reactionKey, reactionOnV2, reactionsOf } from '../v2/wire';
import { bodyOf, type ByNumber, keyOf, messageOr404 } from './context';
import { byRulesOfV3, missing, unprocessable } from './errors';

const TYPES = ['love', 'like', 'dislike', 'laugh', 'emphasize', 'question'] as const;
const OPERATIONS = ['add', 'remove'] as const;
const fields = z.looseObject({ type: z.enum(TYPES), operation: z.enum(OPERATIONS) });

/** Reactions to messages. A message has one place for them on V2, its first part. */
export function reactionRoutes(app: FastifyInstance, { world, play }: Api): void {
  app.post<ByNumber>('/chat_messages/:id/reactions', (request, reply) => {
    const message = messageOr404(world, request.params.id);
    const chat = world.chats.get(message.chatId);
    if (!chat) throw missing('Chat');
    const parsed = fields.safeParse(bodyOf(request));
    if (!parsed.success) {
      throw unprocessable(
        `type must be one of ${TYPES.join(', ')}, and operation one of ${OPERATIONS.join(', ')}`,
      );
    }
    byRulesOfV3(() => {
      mustBeEligible(world, world.lines.get(chat.line));
      mustBeInside(chat);
    });
    const at = world.clock.now();
    const change = { ...parsed.data, handle: chat.line, customEmoji: null, partIndex: 0 };
    play.react(chat, message, change, world.chance.hex(32), at);
    return reply.status(201).send({ data: reactionOnV2(world, message, { ...change, at }) });
  });

  app.get<ByNumber>('/chat_message_reactions/:id', (request) => {
    const key = keyOf(world, 'reaction', request.params.id) ?? '';
    const message = world.messages.get(key.split(' ')[0] ?? '');
    const standing =
      message && !message.deleted
        ? reactionsOf(message).find((each) => reactionKey(message, each) === key)
        : undefined;
    if (!message || !standing) throw missing('Reaction');
    return { data: reactionOnV2(world, message, standing) };
  });
}
