import { z } from 'zod';
import type { SimConfig } from '../config';
import { textOf } from '../parts';
import type { MessageExtras, Part } from '../types';
import type { World } from '../world';
import { LinqError, notFound } from './errors';
import { mediaPartOf } from './media';

const content = z.looseObject({
  parts: z
    .array(z.looseObject({ type: z.string() }))
    .min(1)
    .max(100),
  idempotency_key: z.string().max(255).nullish(),
  effect: z.looseObject({ type: z.string().optional(), name: z.string().optional() }).nullish(),
  preferred_service: z.enum(['iMessage', 'RCS', 'SMS']).nullish(),
  reply_to: z
    .looseObject({ message_id: z.string(), part_index: z.number().int().min(0).optional() })
    .nullish(),
});
const decorations = z.array(
  z.looseObject({
    range: z.tuple([z.number().int().min(0), z.number().int()]),
    style: z.enum(['bold', 'italic', 'strikethrough', 'underline']).optional(),
    animation: z
      .enum(['big', 'small', 'shake', 'nod', 'explode', 'ripple', 'bloom', 'jitter'])
      .optional(),
  }),
);
export const appLayout = z.looseObject({
  caption: z.string().optional(),
  image_url: z.string().optional(),
  image_title: z.string().optional(),
  image_subtitle: z.string().optional(),
});
const appPart = z.looseObject({
  app: z.looseObject({ bundle_id: z.string(), name: z.string(), team_id: z.string() }),
  layout: appLayout,
  url: z.string().optional(),
  fallback_text: z.string().nullish(),
});
const EFFECTS: Readonly<Record<string, readonly string[]>> = {
  screen: [
    ...['confetti', 'fireworks', 'lasers', 'sparkles', 'celebration', 'hearts', 'love'],
    ...['balloons', 'happy_birthday', 'echo', 'spotlight'],
  ],
  bubble: ['slam', 'loud', 'gentle', 'invisible'],
};
const MAX_BY_ADDRESS = 40;

/** A message as the API takes it. */
export interface Content {
  readonly parts: Part[];
  readonly key: string | null;
  readonly extras: MessageExtras | null;
  readonly hasLink: boolean;
}

/** What counts as a link in a first message. */
const LINK = /https?:\/\/|\bwww\./i;
const BARE_DOMAIN = /\b[a-z0-9-]+\.(com|net|org|io|co|app|ai|dev|me|ly)\b/i;

export function contentOf(value: unknown, world: World): Content {
  if (value === undefined) throw new LinqError(400, 1001, 'message is required');
  const parsed = content.safeParse(value);
  if (!parsed.success) throw new LinqError(400, 1004, 'Message parts are invalid');
  const { parts: given, idempotency_key: key } = parsed.data;
  const types = given.map(({ type }) => type);
  if (types.some((type, i) => type === 'text' && types[i - 1] === 'text')) {
    throw new LinqError(400, 1004, 'Two text parts must not follow each other');
  }
  if (types.length > 1 && types.includes('link')) {
    throw new LinqError(400, 1004, 'A link part must be alone');
  }
  if (given.filter((part) => part.type === 'media' && 'url' in part).length > MAX_BY_ADDRESS) {
    throw new LinqError(400, 1004, `At most ${MAX_BY_ADDRESS} media parts by url`);
  }
  const parts = given.map((part, i) => partOf(part, i, world));
  const hasLink = types.includes('link') || isLinkIn(textOf(parts), world.config);
  return { parts, key: key ?? null, extras: extrasOf(parsed.data, world), hasLink };
}

function isLinkIn(text: string, config: SimConfig): boolean {
  if (LINK.test(text)) return true;
  return config.linksInFirstMessage === 'bare-domains-too' && BARE_DOMAIN.test(text);
}

function partOf(part: Record<string, unknown>, i: number, world: World): Part {
  switch (part['type']) {
    case 'text':
      return textPart(valueOf(part, i, 10_000), part, i);
    case 'link':
      return { type: 'link', value: valueOf(part, i, 2_048) };
    case 'media':
      return mediaPartOf(part, i, world);
    case 'imessage_app':
      return appPartOf(part);
    default:
      throw new LinqError(400, 1004, `Part ${i}: unknown type`);
  }
}

function valueOf(part: Record<string, unknown>, i: number, limit: number): string {
  const { value } = part;
  if (typeof value === 'string' && value.length > 0 && value.length <= limit) return value;
  throw new LinqError(400, 1004, `Part ${i}: value of 1 to ${limit} characters expected`);
}

function textPart(value: string, part: Record<string, unknown>, i: number): Part {
  if (part['text_decorations'] === undefined) return { type: 'text', value };
  const parsed = decorations.safeParse(part['text_decorations']);
  const good =
    parsed.success &&
    parsed.data.every(
      ({ range: [from, to], style, animation }) =>
        from < to && to <= value.length && (style === undefined) !== (animation === undefined),
    );
  if (!good) throw new LinqError(400, 1004, `Part ${i}: a text decoration is invalid`);
  return { type: 'text', value, decorations: parsed.data };
}

function appPartOf(part: Record<string, unknown>): Part {
  const parsed = appPart.safeParse(part);
  if (!parsed.success) throw new LinqError(400, 1008, 'The iMessage app message is invalid');
  const { app, layout, url, fallback_text: fallback } = parsed.data;
  return {
    type: 'imessage_app',
    app,
    layout: layoutOf(layout),
    url: url ?? '',
    fallbackText: fallback ?? layout.caption ?? null,
  };
}

/** Words over a picture need the picture. */
export function layoutOf(value: unknown): object {
  const parsed = appLayout.safeParse(value);
  const bad =
    !parsed.success ||
    Object.keys(parsed.data).length === 0 ||
    (parsed.data.image_url === undefined &&
      (parsed.data.image_title !== undefined || parsed.data.image_subtitle !== undefined));
  if (bad) throw new LinqError(400, 1008, 'The layout of the iMessage app message is invalid');
  return parsed.data;
}

function extrasOf(given: z.infer<typeof content>, world: World): MessageExtras | null {
  const { effect, preferred_service: preferredService, reply_to: replyTo } = given;
  if (!effect && !preferredService && !replyTo) return null;
  if (effect && EFFECTS[effect.type ?? '']?.includes(effect.name ?? '') !== true) {
    throw new LinqError(400, 1005, 'The effect is unknown');
  }
  if (replyTo) {
    const original = world.messages.get(replyTo.message_id);
    if (!original || original.deleted) throw notFound(2002, 'Message');
  }
  return {
    effect: effect ?? null,
    preferredService: preferredService ?? null,
    replyTo: replyTo
      ? { message_id: replyTo.message_id, part_index: replyTo.part_index ?? 0 }
      : null,
  };
}
