import type { FastifyInstance } from 'fastify';
import { handlesOf, instant } from '../wire';
import { type Api, bodyOf, type ById, chatOr404, traceOf } from './context';
import { LinqError, notOnThisService } from './errors';
import { byAddress, byAttachment } from './media';

const MAX_BYTES = 10 * 1_024 * 1_024;

/** A voice memo is a message of one sound, over iMessage. */
export function voiceMemoRoutes(app: FastifyInstance, { world, sending }: Api): void {
  app.post<ById>('/chats/:id/voicememo', (request, reply) => {
    const { attachment_id: id, voice_memo_url: url } = bodyOf(request);
    if ((id === undefined) === (url === undefined)) {
      throw new LinqError(400, 1001, 'Either attachment_id or voice_memo_url is expected');
    }
    const part = id === undefined ? byAddress(url, world) : byAttachment(id, world);
    if (part.sizeBytes > MAX_BYTES) throw new LinqError(413, 5001, 'A voice memo is 10 MB at most');
    if (!part.mimeType.startsWith('audio/')) throw new LinqError(400, 5004, 'Not a sound');
    const known = chatOr404(world, request.params.id);
    if (known.service !== 'iMessage') throw notOnThisService();
    const content = { parts: [part], key: null, extras: null, hasLink: false };
    const wish = { content, overrideOptOut: false, traceId: traceOf(request) };
    const { chat, message } = sending.toChat(known.id, wish);
    return reply.status(202).send({
      voice_memo: {
        id: message.id,
        chat: {
          id: chat.id,
          handles: handlesOf(chat),
          is_active: !chat.left,
          is_group: chat.isGroup,
          service: chat.service,
        },
        from: chat.line,
        to: chat.people,
        status: message.status,
        created_at: instant(message.at),
        service: message.service,
        voice_memo: {
          id: part.id,
          filename: part.filename,
          mime_type: part.mimeType,
          size_bytes: part.sizeBytes,
          url: part.url ?? `${world.origin}/files/${part.id}/${encodeURIComponent(part.filename)}`,
          duration_ms: null,
        },
      },
    });
  });
}
