import type { z } from 'zod';
import type { Play } from '../play';
import type { Stepper } from '../stepper';
import type { Webhooks } from '../webhooks';
import type { World } from '../world';

/** What the routes of the control surface work on. */
export interface Control {
  readonly world: World;
  readonly play: Play;
  readonly webhooks: Webhooks;
  readonly stepper: Stepper;
}

/** Bad input to the control surface: what was wrong, in words. */
export class BadControl extends Error {}

export function parse<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new BadControl(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}
