import { z } from 'zod';
import type { Chance } from './random';
import { WEBHOOK_EVENTS } from './event-types';

const seconds = z
  .number()
  .min(0)
  .max(30 * 86_400);
/** Every fault strikes `count` times (null: until it is cleared), each time with a probability, on one line or on all. */
const limits = {
  count: z.number().int().min(1).nullable().default(1),
  probability: z.number().min(0).max(1).default(1),
  line: z.string().optional(),
};
const request = {
  ...limits,
  /** As `/v3/chats`; `*` stands for one segment. Left out: every path. */
  path: z.union([z.string(), z.array(z.string()).min(1)]).optional(),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).optional(),
};
const webhook = { ...limits, event: z.enum(WEBHOOK_EVENTS).optional() };

export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('error'),
    ...request,
    status: z.number().int().min(400).max(599),
    code: z.number().int().optional(),
    retryAfter: z.number().int().min(0).optional(),
  }),
  z.strictObject({ kind: z.literal('timeout'), ...request }),
  z.strictObject({
    kind: z.literal('slow'),
    ...request,
    realMs: z.number().int().min(0).max(60_000),
  }),
  z.strictObject({ kind: z.literal('lost-answer'), ...request }),
  z
    .strictObject({
      kind: z.literal('throttled-line'),
      ...limits,
      minSeconds: seconds.default(60),
      maxSeconds: seconds.default(1_800),
    })
    .refine((fault) => fault.minSeconds <= fault.maxSeconds, 'minSeconds exceeds maxSeconds'),
  z.strictObject({
    kind: z.literal('failed-message'),
    ...limits,
    code: z.number().int().default(4001),
    deliveredAfterSeconds: seconds.nullable().default(null),
  }),
  z.strictObject({
    kind: z.literal('failed-group-update'),
    ...limits,
    code: z.union([z.literal(3007), z.literal(4001)]).default(4001),
  }),
  z.strictObject({ kind: z.literal('lost-webhook'), ...webhook }),
  z.strictObject({ kind: z.literal('late-webhook'), ...webhook, seconds }),
  z.strictObject({
    kind: z.literal('doubled-webhook'),
    ...webhook,
    afterSeconds: seconds.default(0),
  }),
  z.strictObject({
    kind: z.literal('reordered-webhook'),
    ...webhook,
    withinSeconds: seconds.default(60),
  }),
]);

export type FaultWish = z.output<typeof faultSchema>;
export type FaultKind = FaultWish['kind'];
type Armed<W> = W & { readonly id: string; struck: number };
export type Fault = Armed<FaultWish>;

/** What happens just now, for a fault to strike at or to pass by. */
export interface Occasion {
  readonly line: string | null;
  readonly path?: string;
  readonly method?: string;
  readonly event?: string;
}

/** Faults on demand, with dice of their own, so that a fault shifts nothing but what it strikes. */
export class Faults {
  private armed: Fault[] = [];
  private made = 0;

  constructor(private readonly chance: Chance) {}

  arm(wish: FaultWish): Fault {
    this.made += 1;
    const fault: Fault = { id: `fault-${this.made}`, struck: 0, ...wish };
    this.armed.push(fault);
    return fault;
  }

  list(): readonly Fault[] {
    return this.armed;
  }

  /** One of them, or all. Tells how many went. */
  clear(id?: string): number {
    const before = this.armed.length;
    this.armed = id === undefined ? [] : this.armed.filter((fault) => fault.id !== id);
    return before - this.armed.length;
  }

  /** The first fault of that kind that fits and strikes; it is counted, and gone after its last time. */
  strike<K extends FaultKind>(
    kind: K,
    occasion: Occasion,
  ): Armed<Extract<FaultWish, { kind: K }>> | null {
    const fault = this.armed.find(
      (each): each is Armed<Extract<FaultWish, { kind: K }>> =>
        each.kind === kind && fits(each, occasion),
    );
    if (!fault || (fault.probability < 1 && this.chance.next() >= fault.probability)) return null;
    fault.struck += 1;
    if (fault.count !== null && fault.struck >= fault.count) this.clear(fault.id);
    return fault;
  }

  /** Uniform in whole milliseconds. */
  between(minSeconds: number, maxSeconds: number): number {
    return Math.round((minSeconds + this.chance.next() * (maxSeconds - minSeconds)) * 1_000);
  }

  state(): { armed: readonly Fault[]; made: number; chance: number } {
    return { armed: this.armed, made: this.made, chance: this.chance.position() };
  }

  restore(armed: readonly Fault[], made: number): void {
    this.armed = [...armed];
    this.made = made;
  }
}

function fits(fault: Fault, occasion: Occasion): boolean {
  if (fault.line !== undefined && fault.line !== occasion.line) return false;
  if ('event' in fault && fault.event !== undefined && fault.event !== occasion.event) return false;
  if ('method' in fault && fault.method !== undefined && fault.method !== occasion.method) {
    return false;
  }
  if (!('path' in fault) || fault.path === undefined) return true;
  return [fault.path].flat().some((path) => matches(path, occasion.path ?? ''));
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length && wanted.every((each, i) => each === '*' || each === given[i])
  );
}
