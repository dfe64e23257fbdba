import type { FastifyInstance } from 'fastify';
import { instant } from '../wire';
import { type Api, type ById, chatOr404 } from './context';
import { LinqError, notOnThisService } from './errors';
import { mustBeEligible, mustBeInside } from './send-rules';

/** Where people are, as long as they share it (`location` of a person on the control surface). */
export function locationRoutes(app: FastifyInstance, { world }: Api): void {
  app.post<ById>('/chats/:id/location/request', (request) => {
    const chat = chatOr404(world, request.params.id);
    mustBeEligible(world, world.lines.get(chat.line));
    mustBeInside(chat);
    if (chat.isGroup) throw new LinqError(409, 2016, 'Not supported in group chats');
    if (chat.service !== 'iMessage') throw notOnThisService();
    return { success: true, message: 'Location request sent' };
  });

  app.get<ById>('/chats/:id/location', (request) => {
    const chat = chatOr404(world, request.params.id);
    const features = chat.people.flatMap((handle) => {
      const location = world.people.get(handle)?.location;
      if (!location) return [];
      return {
        type: 'Feature',
        geometry: { type: 'Point', coordinates: [location.longitude, location.latitude] },
        properties: { handle, updated_at: instant(world.clock.now()) },
      };
    });
    return { success: true, data: { type: 'FeatureCollection', features } };
  });
}
