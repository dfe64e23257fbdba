import type { Content } from '../api/content';
import { byAddress, byAttachment } from '../api/media';
import type { Attachment, Part } from '../types';
import type { World } from '../world';
import { fieldsOf } from './context';
import { byRulesOfV3, unprocessable } from './errors';
import { UploadedFile } from './forms';

const KEY = /^[A-Za-z0-9_-]+$/;
const LONGEST_KEY = 255;
const LONGEST_TEXT = 10_000;

/** A message as V2 takes it: one text, files and addresses of files. There is no choice of a service and no reply. */
export function contentOf(value: unknown, world: World): Content {
  const message = fieldsOf(value);
  if (!message) throw unprocessable('message is required');
  const { text, idempotency_key: key, attachments, attachment_urls: urls } = message;
  if (typeof text !== 'string' || text === '') throw unprocessable('message.text is required');
  if (text.length > LONGEST_TEXT) {
    throw unprocessable(`message.text must have at most ${LONGEST_TEXT} characters`);
  }
  const parts: Part[] = [
    { type: 'text', value: text },
    ...listOf(attachments, 'message.attachments').map((each) => partOfFile(each, world)),
    ...listOf(urls, 'message.attachment_urls').map((each) =>
      byRulesOfV3(() => byAddress(each, world)),
    ),
  ];
  return { parts, key: keyOf(key), extras: null, hasLink: false };
}

function keyOf(value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string' && value.length <= LONGEST_KEY && KEY.test(value)) return value;
  throw unprocessable('message.idempotency_key takes letters, digits, _ and - only');
}

function listOf(value: unknown, name: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value as unknown[];
  throw unprocessable(`${name} must be a list`);
}

function partOfFile(file: unknown, world: World): Part {
  if (!(file instanceof UploadedFile)) {
    throw unprocessable('message.attachments takes files, in a form');
  }
  const attachment: Attachment = {
    id: world.chance.uuid(),
    filename: file.filename,
    contentType: file.contentType,
    sizeBytes: file.sizeBytes,
    createdAt: world.clock.now(),
    status: 'complete',
    bytes: file.bytes,
  };
  world.attachments.set(attachment.id, attachment);
  return byAttachment(attachment.id, world);
}
