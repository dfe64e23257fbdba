import { createHash } from 'node:crypto';
import type { StoredAnswer, World } from '../world';
import { LinqError, notFound } from './errors';

/** A send as far as its key is concerned. */
export interface Keyed {
  readonly key: string | null;
  /** What the key would be of, were it not of the whole account. */
  readonly target: string;
  readonly body: unknown;
}

/** An earlier answer to the same key. Nothing is sent again. */
export function earlierAnswer(world: World, keyed: Keyed): StoredAnswer | null {
  const answer = keyed.key === null ? undefined : world.answers.get(placeOf(world, keyed));
  if (!answer) return null;
  const { idempotencyTtlSeconds: ttl, idempotencyDeleted, idempotencyOtherBody } = world.config;
  if (ttl !== null && world.clock.now() >= answer.at + ttl * 1_000) return null;
  if (idempotencyDeleted === 'not-found' && world.messages.get(answer.messageId)?.deleted) {
    throw notFound(2002, 'Message');
  }
  if (idempotencyOtherBody === 'conflict' && answer.fingerprint !== fingerprintOf(keyed.body)) {
    throw new LinqError(409, 2015, 'The idempotency key was used for another request');
  }
  return answer;
}

export function keepAnswer(
  world: World,
  keyed: Keyed,
  answer: { status: number; body: unknown; messageId: string },
): void {
  if (keyed.key === null) return;
  world.answers.set(placeOf(world, keyed), {
    ...answer,
    at: world.clock.now(),
    fingerprint: fingerprintOf(keyed.body),
  });
}

function placeOf(world: World, { key, target }: Keyed): string {
  return world.config.idempotencyScope === 'account' ? (key ?? '') : `${key ?? ''} of ${target}`;
}

function fingerprintOf(body: unknown): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 16);
}
