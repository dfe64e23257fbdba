import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Line } from '../types';
import { type Api, bodyOf, type Query } from './context';
import { LinqError, notFound } from './errors';
import { phoneNumberOf } from './handles';

const cardFields = z.object({
  first_name: z.string().min(1).optional(),
  last_name: z.string().nullish(),
  image_url: z.string().nullish(),
});

/** The name and picture of each line. */
export function contactCardRoutes(app: FastifyInstance, { world }: Api): void {
  app.get<{ Querystring: Query }>('/contact_card', (request) => {
    const wanted = request.query['phone_number'];
    const lines = [...world.lines.values()].filter(
      (line) => line.card !== null && (typeof wanted !== 'string' || line.phoneNumber === wanted),
    );
    return { contact_cards: lines.map(onWire) };
  });

  app.post('/contact_card', (request) => {
    const body = bodyOf(request);
    const line = ownLine(body['phone_number']);
    if (line.card) throw new LinqError(409, 2014, 'A contact card already exists; use PATCH');
    const fields = cardFields.safeParse(body);
    if (!fields.success || fields.data.first_name === undefined) {
      throw new LinqError(400, 1001, 'first_name is required');
    }
    line.card = {
      first_name: fields.data.first_name,
      last_name: fields.data.last_name ?? null,
      image_url: fields.data.image_url ?? null,
      is_active: true,
    };
    world.changes += 1;
    return onWire(line);
  });

  app.patch<{ Querystring: Query }>('/contact_card', (request) => {
    const line = ownLine(request.query['phone_number']);
    if (!line.card) throw notFound(2012, 'Contact card');
    const fields = cardFields.safeParse(bodyOf(request));
    if (!fields.success) throw new LinqError(400, 1005, 'A value is invalid');
    const { first_name: first, last_name: last, image_url: image } = fields.data;
    line.card = {
      ...line.card,
      ...(first === undefined ? {} : { first_name: first }),
      ...(last === undefined ? {} : { last_name: last }),
      ...(image === undefined ? {} : { image_url: image }),
    };
    world.changes += 1;
    return onWire(line);
  });

  function ownLine(value: unknown): Line {
    const line = world.lines.get(phoneNumberOf(value, 'phone_number'));
    if (!line)
      throw new LinqError(403, 2006, 'You do not have permission to use this phone number');
    return line;
  }
}

/** Names and pictures that were never given are left out, as the client's types have it. */
function onWire(line: Line): object {
  const given = Object.entries(line.card ?? {}).filter(([, value]) => value !== null);
  return { phone_number: line.phoneNumber, ...Object.fromEntries(given) };
}
