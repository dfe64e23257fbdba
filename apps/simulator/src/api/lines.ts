import type { FastifyInstance } from 'fastify';
import type { Line } from '../types';
import { lineReputation } from '../wire';
import { bestLine, chatToUse } from './choice';
import { type Api, bodyOf, type ById, type Query } from './context';
import { notFound } from './errors';
import { excludedOf, handleOf, listOf, phoneNumberOf } from './handles';
import { vcfUrl } from './vcf';

/** Lines, and the suggestion of one. */
export function lineRoutes(app: FastifyInstance, { world }: Api): void {
  app.get('/phone_numbers', () => ({ phone_numbers: [...world.lines.values()].map(onWire) }));

  app.get('/phonenumbers', () => ({
    phone_numbers: [...world.lines.values()].map((line) => ({
      id: line.id,
      phone_number: line.phoneNumber,
      capabilities: { sms: true, mms: true, voice: true },
      country_code: 'US',
      type: 'APPLE_ID',
    })),
  }));

  app.put<ById>('/phone_numbers/:id', (request) => {
    const line = [...world.lines.values()].find(({ id }) => id === request.params.id);
    if (!line) throw notFound(2019, 'Phone number');
    const { forwarding_number: wanted } = bodyOf(request);
    line.forwardingNumber =
      wanted === null || wanted === '' ? null : phoneNumberOf(wanted, 'forwarding_number');
    world.changes += 1;
    return {
      id: line.id,
      phone_number: line.phoneNumber,
      forwarding_number: line.forwardingNumber,
    };
  });

  app.get<{ Querystring: Query }>('/available_number', ({ query }) => {
    const { config, clock } = world;
    const to = listOf(query, 'to', config).map((each) => handleOf(each, 'to', config));
    const excluded = excludedOf(listOf(query, 'exclude_from', config));
    const known = to.length > 0 ? chatToUse(world, to, excluded).usable : null;
    const line = (known && world.lines.get(known.line)) ?? bestLine(world, excluded);
    if (config.availableNumber === 'august') line.lastUsedAt = clock.now();
    return { phone_number: line.phoneNumber, vcf_url: vcfUrl(world, line, excluded) };
  });

  function onWire(line: Line): object {
    const { lineHealthStatus, lineStatusInList } = world.config;
    return {
      id: line.id,
      phone_number: line.phoneNumber,
      forwarding_number: line.forwardingNumber,
      reputation: lineReputation(line),
      ...(lineHealthStatus ? { health_status: lineReputation(line) } : {}),
      ...(lineStatusInList ? { status: line.status } : {}),
    };
  }
}
