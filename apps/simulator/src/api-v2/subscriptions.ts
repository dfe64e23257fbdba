import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Api } from '../api/context';
import { V2_EVENTS } from '../v2/event-types';
import { toSecond, toSecondOrNull } from '../v2/instants';
import type { V2Subscription } from '../v2/state';
import { bodyOf, type ByNumber } from './context';
import { missing, unprocessable } from './errors';

const fields = z.looseObject({
  webhook_url: z.url(),
  version: z.literal(2),
  events: z.array(z.enum(V2_EVENTS)).min(1),
  secret: z.string().min(1).nullish(),
  active: z.boolean().optional(),
});
const changes = fields.partial();

/** Subscriptions of V2: for all lines, with a secret of the subscriber's own, and as often as one likes. */
export function subscriptionRoutes(app: FastifyInstance, { world }: Api): void {
  const { subscriptions } = world.v2;

  app.get('/webhook_subscriptions', () => ({
    webhook_subscriptions: [...subscriptions.values()].map(onWire),
  }));

  app.post('/webhook_subscriptions', (request, reply) => {
    const given = wanted(request, fields);
    const now = world.clock.now();
    world.v2.lastSubscription += 1;
    const subscription: V2Subscription = {
      id: world.v2.lastSubscription,
      webhook_url: given.webhook_url,
      version: 2,
      events: given.events,
      active: given.active ?? true,
      secret: given.secret ?? null,
      lastDeliveredAt: null,
      deliveryAttempts: 0,
      createdAt: now,
      updatedAt: now,
    };
    subscriptions.set(subscription.id, subscription);
    world.changes += 1;
    return reply.status(201).send({ webhook_subscription: onWire(subscription) });
  });

  app.put<ByNumber>('/webhook_subscriptions/:id', (request) => {
    const subscription = found(request.params.id);
    const { webhook_url: url, events, active, secret } = wanted(request, changes);
    subscription.webhook_url = url ?? subscription.webhook_url;
    subscription.events = events ?? subscription.events;
    subscription.active = active ?? subscription.active;
    if (secret !== undefined) subscription.secret = secret;
    subscription.updatedAt = world.clock.now();
    world.changes += 1;
    return { webhook_subscription: onWire(subscription) };
  });

  app.delete<ByNumber>('/webhook_subscriptions/:id', (request, reply) => {
    subscriptions.delete(found(request.params.id).id);
    world.changes += 1;
    return reply.status(204).send();
  });

  function found(id: string): V2Subscription {
    const subscription = subscriptions.get(Number(id));
    if (!subscription) throw missing('Webhook subscription');
    return subscription;
  }
}

/** The reference wraps it; a page that shows it bare is taken to be out of date (choice). */
function wanted<T extends z.ZodType>(request: FastifyRequest, schema: T): z.infer<T> {
  const parsed = schema.safeParse(bodyOf(request)['webhook_subscription']);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = ['webhook_subscription', ...(issue?.path ?? [])].join('.');
  throw unprocessable(`${where}: ${issue?.message ?? 'invalid'}`);
}

function onWire(subscription: V2Subscription): object {
  return {
    id: subscription.id,
    webhook_url: subscription.webhook_url,
    version: subscription.version,
    events: subscription.events,
    active: subscription.active,
    secret_configured: subscription.secret !== null,
    last_delivered_at: toSecondOrNull(subscription.lastDeliveredAt),
    delivery_attempts: subscription.deliveryAttempts,
    created_at: toSecond(subscription.createdAt),
    updated_at: toSecond(subscription.updatedAt),
  };
}
