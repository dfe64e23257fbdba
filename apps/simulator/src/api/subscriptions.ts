import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { WEBHOOK_EVENTS } from '../event-types';
import type { Subscription } from '../types';
import { instant } from '../wire';
import { LinqError, notFound } from './errors';
import type { Api } from './context';

const fields = z.object({
  target_url: z.url(),
  subscribed_events: z.array(z.enum(WEBHOOK_EVENTS)).min(1),
  phone_numbers: z.array(z.string()).nullish(),
});
const changes = fields.partial().extend({ is_active: z.boolean().optional() });

/** Webhook subscriptions. The signing secret is told once, at the creation. */
export function subscriptionRoutes(app: FastifyInstance, { world }: Api): void {
  const found = (id: string): Subscription => {
    const subscription = world.subscriptions.get(id);
    if (!subscription) throw notFound(2010, 'Webhook subscription');
    return subscription;
  };
  const refuseTakenUrl = (url: string, self: string | null): void => {
    for (const each of world.subscriptions.values()) {
      if (each.target_url === url && each.id !== self) {
        throw new LinqError(409, 2015, 'A subscription with this target_url already exists');
      }
    }
  };

  app.get('/webhook-events', () => ({
    events: WEBHOOK_EVENTS,
    doc_url: 'https://docs.linqapp.com/guides/webhooks/events',
  }));

  app.get('/webhook-subscriptions', () => ({
    subscriptions: [...world.subscriptions.values()].map(onWire),
  }));

  app.post('/webhook-subscriptions', (request, reply) => {
    const parsed = fields.safeParse(request.body ?? {});
    if (!parsed.success)
      throw new LinqError(400, 1005, parsed.error.issues[0]?.message ?? 'invalid');
    refuseTakenUrl(parsed.data.target_url, null);
    const now = world.clock.now();
    const subscription: Subscription = {
      id: world.chance.uuid(),
      target_url: parsed.data.target_url,
      subscribed_events: parsed.data.subscribed_events,
      phone_numbers: parsed.data.phone_numbers ?? null,
      is_active: true,
      secret: `whsec_${world.chance.bytes(32).toString('base64')}`,
      createdAt: now,
      updatedAt: now,
    };
    world.subscriptions.set(subscription.id, subscription);
    world.changes += 1;
    return reply.status(201).send({ ...onWire(subscription), signing_secret: subscription.secret });
  });

  app.get<{ Params: { id: string } }>('/webhook-subscriptions/:id', (request) =>
    onWire(found(request.params.id)),
  );

  app.put<{ Params: { id: string } }>('/webhook-subscriptions/:id', (request) => {
    const subscription = found(request.params.id);
    const parsed = changes.safeParse(request.body ?? {});
    if (!parsed.success)
      throw new LinqError(400, 1005, parsed.error.issues[0]?.message ?? 'invalid');
    const {
      target_url: url,
      subscribed_events: events,
      phone_numbers: only,
      is_active: active,
    } = parsed.data;
    if (url !== undefined) refuseTakenUrl(url, subscription.id);
    subscription.target_url = url ?? subscription.target_url;
    subscription.subscribed_events = events ?? subscription.subscribed_events;
    if (only !== undefined) subscription.phone_numbers = only && only.length > 0 ? only : null;
    subscription.is_active = active ?? subscription.is_active;
    subscription.updatedAt = world.clock.now();
    world.changes += 1;
    return onWire(subscription);
  });

  app.delete<{ Params: { id: string } }>('/webhook-subscriptions/:id', (request, reply) => {
    world.subscriptions.delete(found(request.params.id).id);
    world.changes += 1;
    return reply.status(204).send();
  });
}

function onWire(subscription: Subscription): object {
  return {
    id: subscription.id,
    target_url: subscription.target_url,
    subscribed_events: subscription.subscribed_events,
    phone_numbers: subscription.phone_numbers,
    is_active: subscription.is_active,
    created_at: instant(subscription.createdAt),
    updated_at: instant(subscription.updatedAt),
  };
}
