import type { ReadEvent } from '@linekeeper/application';
import { DAY_MS, type EpochMs } from '@linekeeper/domain';
import type { z } from 'zod';

/** What every envelope tells, and the latest instant that its event may tell. */
export interface Framed {
  readonly event_type: string;
  readonly event_id: string;
  readonly created_at?: string | null | undefined;
  readonly latest: EpochMs;
}

/** A body that lacks what its event type promises. The text names fields and never their values. */
export class WrongShape extends Error {}

type Told = Omit<Framed, 'latest'>;
/** The schema of an envelope, of which single fields are read when the whole cannot be. */
interface Fields {
  readonly shape: {
    readonly event_type: z.ZodType<string>;
    readonly event_id: z.ZodType<string>;
  };
}

/** Reads a body by its envelope. What `byType` throws makes it unreadable, with what could be read of the envelope. */
export function readFramed<E extends Told>(
  rawBody: string,
  receivedAt: EpochMs,
  envelope: z.ZodType<E> & Fields,
  byType: (event: E & Framed) => ReadEvent,
): ReadEvent {
  let json: unknown;
  try {
    json = JSON.parse(rawBody);
  } catch {
    return unreadable(null, envelope, 'not JSON');
  }
  try {
    const read = shaped(envelope, json, 'an event envelope');
    return byType({ ...read, latest: receivedAt + DAY_MS });
  } catch (error) {
    return unreadable(
      json,
      envelope,
      error instanceof WrongShape ? error.message : 'not understood',
    );
  }
}

/** An event of which nothing is made. */
export function ignored(event: Framed): ReadEvent {
  return {
    kind: 'event',
    orderKey: `event:${event.event_id}`,
    event: { ...idsOf(event), kind: 'ignored' },
  };
}

export function idsOf(event: Framed): { eventId: string; eventType: string } {
  return { eventId: event.event_id, eventType: event.event_type };
}

/** The first of the told instants that is one, or else when the event was made. */
export function instantIn(
  event: Framed,
  parse: (text: unknown) => EpochMs | null,
  ...told: readonly (string | null | undefined)[]
): EpochMs {
  for (const text of [...told, event.created_at]) {
    const at = parse(text);
    if (at !== null && at <= event.latest) return at;
  }
  throw new WrongShape('no instant is told that can be true');
}

export function required(value: string | null | undefined, what: string): string {
  if (value === null || value === undefined) throw new WrongShape(`${what} is not named`);
  return value;
}

export function shaped<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const where = read.error.issues.slice(0, 3).map(({ path }) => path.join('.') || 'the whole');
  throw new WrongShape(`not ${what}: ${where.join(', ')}`);
}

function unreadable(json: unknown, { shape }: Fields, why: string): ReadEvent {
  return {
    kind: 'unreadable',
    eventId: shape.event_id.safeParse(fieldOf(json, 'event_id')).data ?? null,
    eventType: shape.event_type.safeParse(fieldOf(json, 'event_type')).data ?? null,
    why,
  };
}

function fieldOf(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null && name in json
    ? (json as Record<string, unknown>)[name]
    : undefined;
}
