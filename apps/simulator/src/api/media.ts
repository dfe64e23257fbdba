import type { Attachment, Part } from '../types';
import type { World } from '../world';
import { LinqError, notFound } from './errors';

const TYPES: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  heic: 'image/heic',
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  mp3: 'audio/mpeg',
  m4a: 'audio/x-m4a',
  aac: 'audio/aac',
  caf: 'audio/x-caf',
  wav: 'audio/wav',
  aiff: 'audio/aiff',
  amr: 'audio/amr',
  pdf: 'application/pdf',
  vcf: 'text/vcard',
};

/** A media part: by an address that is not fetched, or an attachment that was uploaded before. */
export function mediaPartOf(part: Record<string, unknown>, i: number, world: World): Part {
  const { url, attachment_id: attachmentId } = part;
  if ((url === undefined) === (attachmentId === undefined)) {
    throw new LinqError(400, 1004, `Part ${i}: either url or attachment_id is expected`);
  }
  return url === undefined ? byAttachment(attachmentId, world) : byAddress(url, world);
}

export function byAttachment(id: unknown, world: World): Part & { type: 'media' } {
  const attachment = attachmentOr404(world, id);
  if (attachment.status !== 'complete') {
    throw new LinqError(404, 2007, 'The attachment is not ready yet');
  }
  return {
    type: 'media',
    id: attachment.id,
    url: null,
    filename: attachment.filename,
    mimeType: attachment.contentType,
    sizeBytes: attachment.sizeBytes,
  };
}

export function byAddress(url: unknown, world: World): Part & { type: 'media' } {
  const address = typeof url === 'string' && URL.canParse(url) ? new URL(url) : null;
  if (address?.protocol !== 'https:') throw new LinqError(400, 1004, 'An https url is expected');
  const filename = decodeURIComponent(address.pathname.split('/').at(-1) ?? '') || 'file';
  const mimeType = TYPES[filename.split('.').at(-1)?.toLowerCase() ?? ''];
  return {
    type: 'media',
    id: world.chance.uuid(),
    url: address.href,
    filename,
    mimeType: mimeType ?? 'application/octet-stream',
    sizeBytes: 0,
  };
}

export function attachmentOr404(world: World, id: unknown): Attachment {
  const attachment = typeof id === 'string' ? world.attachments.get(id) : undefined;
  if (!attachment) throw notFound(2003, 'Attachment');
  return attachment;
}
