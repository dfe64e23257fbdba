import type { z } from 'zod';
import { UnexpectedAnswer } from './errors';

/** The answer as it was promised. Throws {@link UnexpectedAnswer}, which names fields and never their values. */
export function expected<T>(schema: z.ZodType<T>, answer: unknown): T {
  const read = schema.safeParse(answer);
  if (read.success) return read.data;
  const where = read.error.issues.slice(0, 3).map(({ path }) => path.join('.') || 'the whole');
  throw new UnexpectedAnswer(`The provider answered in an unexpected shape: ${where.join(', ')}`);
}
