import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Api } from '../api/context';
import { earlierAnswer, keepAnswer } from '../api/idempotency';
import type { Sent, Wish } from '../api/sending';
import { displayName } from '../wire';
import { firstMessageOnV2, handlesOnV2, messageOnV2 } from '../v2/wire';
import { contentOf } from './content';
import { bodyOf, type ByNumber, chatOr404, fieldsOf, ownLine, phoneNumberOf } from './context';
import { byRulesOfV3, unprocessable } from './errors';

const MOST_RECIPIENTS = 31;

/** The two ways to send: to people, from a line, or into a chat that is known. */
export function sendRoutes(app: FastifyInstance, { world, sending }: Api): void {
  /** 200 whether the chat is new or not: nothing in the answer tells. */
  app.post('/chats', (request, reply) => {
    const { send_from: sendFrom, chat: wanted, message } = bodyOf(request);
    const from = ownLine(world, sendFrom, 'send_from').phoneNumber;
    const to = recipientsOf(fieldsOf(wanted)?.['phone_numbers']);
    const wish = wishOf(message);
    // The key of find-or-create is taken to include `send_from`, as on V3 (choice).
    const { sent } = once(request, wish, `${from} ${to.join(' ')}`, () =>
      sending.toPeople(from, to, wish, false),
    );
    nameOnce(sent, fieldsOf(wanted)?.['display_name']);
    const { chat } = sent;
    return reply.status(200).send({
      data: {
        id: world.v2.numbers.chat.of(chat.id),
        display_name: displayName(chat),
        service: chat.service,
        group: chat.isGroup,
        chat_handles: handlesOnV2(world, chat),
        chat_messages: firstMessageOnV2(world, sent.message),
      },
    });
  });

  app.post<ByNumber>('/chats/:id/chat_messages', (request, reply): FastifyReply => {
    const { id } = chatOr404(world, request.params.id);
    const wish = wishOf(bodyOf(request)['message']);
    const { sent, repeated } = once(request, wish, id, () => sending.toChat(id, wish));
    const data = messageOnV2(world, sent.chat, sent.message);
    return reply.status(repeated ? 200 : 201).send({ data });
  });

  function wishOf(message: unknown): Wish {
    return {
      content: contentOf(message, world),
      overrideOptOut: world.config.v2OptOut === 'off',
      // V2 has no trace ids; the world keeps one for each message all the same.
      traceId: world.chance.hex(32),
    };
  }

  /** A key that was used answers with the message of then, as it is now. */
  function once(
    request: FastifyRequest,
    { content }: Wish,
    target: string,
    send: () => Sent,
  ): { readonly sent: Sent; readonly repeated: boolean } {
    const key = content.key === null ? null : `v2 ${content.key}`;
    const keyed = { key, target, body: request.body };
    const earlier = byRulesOfV3(() => earlierAnswer(world, keyed));
    const message = earlier && world.messages.get(earlier.messageId);
    const chat = message && world.chats.get(message.chatId);
    if (chat) return { sent: { chat, message }, repeated: true };
    const sent = byRulesOfV3(send);
    keepAnswer(world, keyed, { status: 200, body: null, messageId: sent.message.id });
    return { sent, repeated: false };
  }

  /** A name is of the account only; it hides no group from being found, as a name of V3 does, and none is changed. */
  function nameOnce({ chat }: Sent, name: unknown): void {
    if (typeof name !== 'string' || name === '') return;
    if (chat.isGroup || chat.displayName !== null) return;
    chat.displayName = name;
    world.changes += 1;
  }

  function recipientsOf(value: unknown): string[] {
    if (!Array.isArray(value) || value.length === 0 || value.length > MOST_RECIPIENTS) {
      throw unprocessable(`chat.phone_numbers must list 1 to ${MOST_RECIPIENTS} numbers`);
    }
    return [...new Set(value.map((each) => phoneNumberOf(each, 'chat.phone_numbers')))];
  }
}
