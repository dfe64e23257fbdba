import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { fileUrl } from '../parts';
import type { Attachment } from '../types';
import { instant } from '../wire';
import type { World } from '../world';
import { type Api, bodyOf, type ById } from './context';
import { LinqError } from './errors';
import { attachmentOr404 } from './media';

const MAX_BYTES = 100 * 1_024 * 1_024;
const wish = z.looseObject({
  filename: z.string().min(1).max(255),
  content_type: z.string(),
  size_bytes: z.number().int().min(1),
});
const TYPE = /^(image|video|audio|text|application)\/[a-z0-9.+-]+$/;

/** Files that are uploaded before they are sent. */
export function attachmentRoutes(app: FastifyInstance, { world }: Api): void {
  app.post('/attachments', (request) => {
    const parsed = wish.safeParse(bodyOf(request));
    if (!parsed.success) {
      throw new LinqError(400, 1001, 'filename, content_type and size_bytes are required');
    }
    const { filename, content_type: contentType, size_bytes: sizeBytes } = parsed.data;
    if (!TYPE.test(contentType)) throw new LinqError(400, 5004, 'The content type is unsupported');
    if (sizeBytes > MAX_BYTES) throw new LinqError(400, 5005, 'The file exceeds 100 MB');
    const now = world.clock.now();
    const attachment: Attachment = {
      id: world.chance.uuid(),
      filename,
      contentType,
      sizeBytes,
      createdAt: now,
      status: 'pending',
      bytes: null,
    };
    world.attachments.set(attachment.id, attachment);
    world.changes += 1;
    return {
      attachment_id: attachment.id,
      upload_url: `${world.origin}/uploads/${attachment.id}?X-Amz-Signature=sim`,
      download_url: fileUrl(world, attachment.id, filename),
      http_method: 'PUT',
      required_headers: { 'Content-Type': contentType },
      expires_at: instant(now + world.config.uploadTtlSeconds * 1_000),
    };
  });

  app.get<ById>('/attachments/:id', (request) => {
    const attachment = attachmentOr404(world, request.params.id);
    const { id, filename, status } = attachment;
    return {
      id,
      content_type: attachment.contentType,
      created_at: instant(attachment.createdAt),
      filename,
      size_bytes: attachment.sizeBytes,
      status,
      ...(status === 'complete' ? { download_url: fileUrl(world, id, filename) } : {}),
    };
  });

  app.delete<ById>('/attachments/:id', (request, reply) => {
    world.attachments.delete(attachmentOr404(world, request.params.id).id);
    world.changes += 1;
    return reply.status(204).send();
  });
}

/** Where files are put and fetched, outside the API: no key, as with a presigned address. */
export function fileRoutes(app: FastifyInstance, world: World): void {
  app.register((files, _options, done) => {
    files.removeAllContentTypeParsers();
    files.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, bytes, parsed) =>
      parsed(null, bytes),
    );

    files.put<ById>('/uploads/:id', { bodyLimit: MAX_BYTES }, (request, reply) => {
      const attachment = world.attachments.get(request.params.id);
      if (!attachment) return reply.status(404).send();
      const ends = attachment.createdAt + world.config.uploadTtlSeconds * 1_000;
      if (world.clock.now() >= ends) return reply.status(403).send();
      if (request.headers['content-type'] !== attachment.contentType) {
        return reply.status(403).send();
      }
      const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const fits = bytes.length === attachment.sizeBytes;
      attachment.status = fits ? 'complete' : 'failed';
      attachment.bytes = fits ? bytes.toString('base64') : null;
      world.changes += 1;
      return reply.status(fits ? 200 : 400).send();
    });

    files.get<ById>('/files/:id/:filename', (request, reply) => {
      const attachment = world.attachments.get(request.params.id);
      if (attachment?.bytes == null) return reply.status(404).send();
      const bytes = Buffer.from(attachment.bytes, 'base64');
      return reply.type(attachment.contentType).send(bytes);
    });
    done();
  });
}
