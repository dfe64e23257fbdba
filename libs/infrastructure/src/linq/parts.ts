import { z } from 'zod';

/** Each part is judged by itself: one that we cannot read must not hide the text beside it. */
const parts = z.array(
  z.object({ type: z.string(), value: z.string().nullish().catch(null) }).catch({ type: '?' }),
);

/** The parts of a message, in webhooks and in lists. */
export const optionalParts = parts.nullish().catch(null);

/** A text without what no text column takes: NUL and half of a surrogate pair. */
export function storableText(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed();
}

/** The text of a message, a part a line. */
export function textOf(told: z.infer<typeof optionalParts>): string {
  const texts = (told ?? []).flatMap(({ type, value }) =>
    type === 'text' && value ? [value] : [],
  );
  return storableText(texts.join('\n'));
}
