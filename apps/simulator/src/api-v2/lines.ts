import type { FastifyInstance } from 'fastify';
import type { Api } from '../api/context';
import { lineOnV2 } from '../v2/wire';
import { bodyOf, type ByNumber, keyOf, phoneNumberOf } from './context';
import { V2Error } from './errors';

/** Lines, of which V2 tells neither status nor reputation. Both versions list all of the account. */
export function lineRoutes(app: FastifyInstance, { world }: Api): void {
  app.get('/phone_numbers', () => ({
    phone_numbers: [...world.lines.values()].map((line) => lineOnV2(world, line)),
  }));

  app.put<ByNumber>('/phone_numbers/:id', (request) => {
    const key = keyOf(world, 'line', request.params.id);
    const line = [...world.lines.values()].find(({ id }) => id === key);
    // A number that is not there is answered like one of somebody else: 404 is not among the published answers.
    if (!line) throw new V2Error(403, 'You do not have permission to use this phone number');
    const { forwarding_number: wanted } = bodyOf(request);
    line.forwardingNumber = wanted === '' ? null : phoneNumberOf(wanted, 'forwarding_number');
    world.changes += 1;
    return lineOnV2(world, line);
  });
}
