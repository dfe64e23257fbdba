import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { SimEvent } from '../event-queue';
import type { Chat } from '../types';
import { type Api, bodyOf, type ById, chatOr404, queued, traceOf } from './context';
import { LinqError, notOnThisService } from './errors';
import { handleOf } from './handles';
import { mustBeEligible, mustBeInside } from './send-rules';

/** Our line counts as a participant, so a group begins at three. */
const FEWEST = 3;

/** Who comes into a group and who goes; all of it is done later, on the clock. */
export function memberRoutes(app: FastifyInstance, { world }: Api): void {
  app.post<ById>('/chats/:id/participants', (request, reply) => {
    const { chat, handle } = wanted(request);
    if (chat.people.includes(handle)) {
      throw new LinqError(409, 2015, 'The participant is in the chat already');
    }
    if (chat.service === 'SMS' || world.serviceFor([handle], null) !== chat.service) {
      throw notOnThisService();
    }
    change(request, chat, handle, 'added');
    return reply.status(202).send(queued('Participant addition queued', request));
  });

  app.delete<ById>('/chats/:id/participants', (request, reply) => {
    const { chat, handle } = wanted(request);
    if (!chat.people.includes(handle)) {
      throw new LinqError(409, 2015, 'The participant is not in the chat');
    }
    if (chat.service === 'SMS') throw notOnThisService();
    // Those who remain: the others without this one, and our own line.
    if (chat.people.length < FEWEST) {
      throw new LinqError(409, 2015, `At least ${FEWEST} participants must remain`);
    }
    change(request, chat, handle, 'removed');
    return reply.status(202).send(queued('Participant removal queued', request));
  });

  app.post<ById>('/chats/:id/leave', (request, reply) => {
    const chat = activeGroup(request.params.id);
    if (chat.service !== 'iMessage') throw notOnThisService();
    if (chat.people.length + 1 <= FEWEST) {
      throw new LinqError(409, 2015, `Only a group of more than ${FEWEST} can be left`);
    }
    change(request, chat, chat.line, 'left');
    return reply.status(world.config.leaveStatus).send(queued('Leave queued', request));
  });

  function activeGroup(id: string): Chat {
    const chat = chatOr404(world, id);
    mustBeEligible(world, world.lines.get(chat.line));
    mustBeInside(chat);
    if (!chat.isGroup) throw new LinqError(409, 1006, 'A direct chat has no members to change');
    return chat;
  }

  function wanted(request: FastifyRequest<ById>): { chat: Chat; handle: string } {
    const handle = handleOf(bodyOf(request)['handle'], 'handle', world.config);
    return { chat: activeGroup(request.params.id), handle };
  }

  function change(
    request: FastifyRequest,
    chat: Chat,
    handle: string,
    how: (SimEvent & { kind: 'member' })['change'],
  ): void {
    const at = world.clock.now() + world.config.groupDelayMs;
    const traceId = traceOf(request);
    world.queue.add({ kind: 'member', chatId: chat.id, handle, change: how, traceId, at });
    world.changes += 1;
  }
}
