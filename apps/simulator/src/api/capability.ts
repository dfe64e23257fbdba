import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Line } from '../types';
import { takeTurn } from './check-pace';
import { bestLine } from './choice';
import { type Api, bodyOf } from './context';
import { LinqError } from './errors';
import { handleOf, isEmail, phoneNumberOf } from './handles';

const FAULTS: Readonly<Record<number, string>> = {
  4004: 'The service is unavailable',
  4009: 'The line has no RCS account',
  4010: 'The check could not run',
};

/** Whether somebody can be reached by iMessage or RCS. A fault of the sender's side is no answer. */
export function capabilityRoutes(app: FastifyInstance, { world }: Api): void {
  app.post('/capability/check_imessage', (request) =>
    check(
      request,
      'iMessage',
      (handle) => (world.people.get(handle)?.device ?? 'iphone') === 'iphone',
    ),
  );
  app.post('/capability/check_rcs', (request) =>
    check(request, 'RCS', (handle) => world.people.get(handle)?.rcs === true),
  );

  function check(
    request: FastifyRequest,
    service: 'iMessage' | 'RCS',
    able: (handle: string) => boolean,
  ): object {
    const body = bodyOf(request);
    const address = handleOf(body['address'], 'address', world.config);
    if (service === 'RCS' && isEmail(address)) {
      throw new LinqError(400, 1002, 'Phone number must be in E.164 format');
    }
    const line = asking(body['from']);
    takeTurn(world, line, address);
    const fault = line.checkFailures[service];
    if (fault !== null) throw new LinqError(503, fault, FAULTS[fault] ?? 'Unavailable');
    const available = able(address);
    if (world.config.capabilityFields === 'july') return { address, available };
    return {
      address,
      available,
      ...(available ? {} : { reason: 'not_supported' }),
      selected_service: world.serviceFor([address], null),
    };
  }

  function asking(from: unknown): Line {
    if (from === undefined || from === null) return bestLine(world, new Set());
    const line = world.lines.get(phoneNumberOf(from, 'from'));
    if (!line) throw new LinqError(403, 2005, 'Access denied');
    return line;
  }
}
