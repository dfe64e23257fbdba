import { z } from 'zod';
import { LinqError } from './errors';

const part = z.looseObject({ type: z.string(), value: z.string().optional() });
const content = z.looseObject({
  parts: z.array(part).min(1).max(100),
  idempotency_key: z.string().max(255).nullish(),
});

export interface Content {
  readonly text: string;
  readonly key: string | null;
  readonly hasLink: boolean;
}

const E164 = /^\+[1-9]\d{1,14}$/;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
/** What counts as a link in a first message: addresses with a scheme and www names. */
const LINK = /https?:\/\/|\bwww\./i;

/** A message as the API takes it: its text, its key, and whether a first message may not look like this. */
export function contentOf(value: unknown): Content {
  if (value === undefined) throw new LinqError(400, 1001, 'message is required');
  const parsed = content.safeParse(value);
  if (!parsed.success) throw new LinqError(400, 1004, 'Message parts are invalid');
  const { parts, idempotency_key: key } = parsed.data;
  const texts: string[] = [];
  parts.forEach((each, i) => {
    if (each.type === 'text' || each.type === 'link') {
      const limit = each.type === 'text' ? 10_000 : 2_048;
      if (!each.value || each.value.length > limit) {
        throw new LinqError(400, 1004, `Part ${i}: value of 1 to ${limit} characters expected`);
      }
      texts.push(each.value);
    } else if (each.type !== 'media' && each.type !== 'imessage_app') {
      throw new LinqError(400, 1004, `Part ${i}: unknown type`);
    }
    if (each.type === 'text' && parts[i - 1]?.type === 'text') {
      throw new LinqError(400, 1004, 'Two text parts must not follow each other');
    }
  });
  if (parts.length > 1 && parts.some(({ type }) => type === 'link')) {
    throw new LinqError(400, 1004, 'A link part must be alone');
  }
  const text = texts.join('\n');
  const hasLink = parts.some(({ type }) => type === 'link') || LINK.test(text);
  return { text, key: key ?? null, hasLink };
}

/** The recipients of a send: 1 to 31 handles. */
export function recipientsOf(value: unknown): string[] {
  if (value === undefined) throw new LinqError(400, 1001, 'to is required');
  const parsed = z.array(z.string()).min(1).max(31).safeParse(value);
  if (!parsed.success) throw new LinqError(400, 1003, 'to must be a list of 1 to 31 handles');
  for (const handle of parsed.data) {
    if (!E164.test(handle) && !EMAIL.test(handle)) {
      throw new LinqError(400, 1002, 'Phone number must be in E.164 format');
    }
  }
  return [...new Set(parsed.data)];
}

export function phoneNumberOf(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new LinqError(400, 1001, `${name} is required`);
  if (!E164.test(value)) throw new LinqError(400, 1002, 'Phone number must be in E.164 format');
  return value;
}
