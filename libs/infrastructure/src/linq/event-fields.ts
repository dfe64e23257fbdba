import { z } from 'zod';

/** Only what is relied on is checked; what we can do without reads as absent when it is of another type. */

/** Ids and handles become keys and columns, where control characters and halves of a character cannot stand. */
const UNSTORABLE = /[\p{Cc}\p{Cs}]/u;

export const id = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !UNSTORABLE.test(text), 'holds characters that no id has');
export const optionalId = id.nullish().catch(null);
export const optionalFlag = z.boolean().nullish().catch(null);
/** Dates are read later, by their own lenient rules. */
export const optionalText = z.string().nullish().catch(null);
