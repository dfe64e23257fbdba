import type { FastifyInstance } from 'fastify';
import { takeTurn } from '../api/check-pace';
import { bestLine } from '../api/choice';
import type { Api } from '../api/context';
import { bodyOf, phoneNumberOf } from './context';
import { byRulesOfV3 } from './errors';

/** Whether a number is on iMessage: one check in ten seconds. No line is named, so the best one asks. */
export function availabilityRoute(app: FastifyInstance, { world }: Api): void {
  app.post('/i_message_availability/check', (request) => {
    const phoneNumber = phoneNumberOf(bodyOf(request)['phone_number'], 'phone_number');
    byRulesOfV3(() => takeTurn(world, bestLine(world, new Set()), phoneNumber));
    const available = (world.people.get(phoneNumber)?.device ?? 'iphone') === 'iphone';
    return { available, phone_number: phoneNumber };
  });
}
