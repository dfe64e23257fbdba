import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Line } from '../types';
import { lineReputation } from '../wire';
import { phoneNumberOf } from './content';
import { LinqError, notFound } from './errors';
import type { Api } from './context';

type Query = Record<string, unknown>;
const RANK = { HEALTHY: 0, AT_RISK: 1, CRITICAL: 2 } as const;
const cardFields = z.object({
  first_name: z.string().min(1).optional(),
  last_name: z.string().nullish(),
  image_url: z.string().nullish(),
});

/** Lines, the suggestion of one, and contact cards. */
export function lineRoutes(app: FastifyInstance, { world }: Api): void {
  app.get('/phone_numbers', () => ({
    phone_numbers: [...world.lines.values()].map((line) => ({
      id: line.id,
      phone_number: line.phoneNumber,
      forwarding_number: line.forwardingNumber,
      reputation: lineReputation(line),
      health_status: lineReputation(line),
    })),
  }));

  app.get('/phonenumbers', () => ({
    phone_numbers: [...world.lines.values()].map((line) => ({
      id: line.id,
      phone_number: line.phoneNumber,
      capabilities: { sms: true, mms: true, voice: true },
      country_code: 'US',
      type: 'APPLE_ID',
    })),
  }));

  app.put<{ Params: { id: string } }>('/phone_numbers/:id', (request) => {
    const line = [...world.lines.values()].find(({ id }) => id === request.params.id);
    if (!line) throw notFound(2019, 'Phone number');
    const { forwarding_number: wanted } = (request.body ?? {}) as { forwarding_number?: unknown };
    line.forwardingNumber =
      wanted === null || wanted === '' ? null : phoneNumberOf(wanted, 'forwarding_number');
    world.changes += 1;
    return {
      id: line.id,
      phone_number: line.phoneNumber,
      forwarding_number: line.forwardingNumber,
    };
  });

  app.get<{ Querystring: Query }>('/available_number', (request) => {
    const to = listOf(request.query['to'] ?? request.query['to[]']);
    const known = to.length > 0 ? stickyLine(to) : null;
    const line = known ?? bestLine();
    if (!line) throw new LinqError(409, 2015, 'No line is eligible');
    line.lastUsedAt = world.clock.now();
    const digits = line.phoneNumber.replace('+', '');
    const path = `/vcf/${world.chance.hex(12)}/${digits}.vcf?X-Amz-Signature=sim`;
    return { phone_number: line.phoneNumber, vcf_url: `http://${hostOf(request)}${path}` };
  });

  app.get<{ Querystring: Query }>('/contact_card', (request) => {
    const wanted = request.query['phone_number'];
    const lines = [...world.lines.values()].filter(
      (line) => line.card !== null && (typeof wanted !== 'string' || line.phoneNumber === wanted),
    );
    return { contact_cards: lines.map(cardOnWire) };
  });

  app.post('/contact_card', (request) => {
    const body = (request.body ?? {}) as Record<string, unknown>;
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
    return cardOnWire(line);
  });

  app.patch<{ Querystring: Query }>('/contact_card', (request) => {
    const line = ownLine(request.query['phone_number']);
    if (!line.card) throw notFound(2012, 'Contact card');
    const fields = cardFields.safeParse(request.body ?? {});
    if (!fields.success) throw new LinqError(400, 1005, 'A value is invalid');
    const { first_name: first, last_name: last, image_url: image } = fields.data;
    line.card = {
      ...line.card,
      ...(first === undefined ? {} : { first_name: first }),
      ...(last === undefined ? {} : { last_name: last }),
      ...(image === undefined ? {} : { image_url: image }),
    };
    world.changes += 1;
    return cardOnWire(line);
  });

  function ownLine(value: unknown): Line {
    const line = world.lines.get(phoneNumberOf(value, 'phone_number'));
    if (!line)
      throw new LinqError(403, 2006, 'You do not have permission to use this phone number');
    return line;
  }

  function stickyLine(to: readonly string[]): Line | null {
    for (const line of world.lines.values()) {
      if (line.status === 'ACTIVE' && world.chatOf(line.phoneNumber, to)) return line;
    }
    return null;
  }

  /** Healthier first, then the one that was used longest ago. */
  function bestLine(): Line | undefined {
    return [...world.lines.values()]
      .filter(({ status }) => status === 'ACTIVE')
      .sort((a, b) => RANK[a.reputation] - RANK[b.reputation] || a.lastUsedAt - b.lastUsedAt)[0];
  }
}

/** The card behind `vcf_url`: the chosen number first, a few others as backups. */
export function vcfRoute(app: FastifyInstance, { world }: Pick<Api, 'world'>): void {
  app.get<{ Params: { file: string } }>('/vcf/:id/:file', (request, reply) => {
    const number = `+${request.params.file.replace('.vcf', '')}`;
    const line = world.lines.get(number);
    if (!line) return reply.status(404).send();
    const backups = [...world.lines.keys()].filter((each) => each !== number).slice(0, 3);
    const rows = [
      'BEGIN:VCARD',
      'VERSION:3.0',
      `FN:${line.card?.first_name ?? 'Contact'}`,
      `TEL;TYPE=CELL,PREF:${number}`,
      ...backups.map((each) => `TEL;TYPE=CELL:${each}`),
      'END:VCARD',
    ];
    return reply.type('text/vcard').send(`${rows.join('\r\n')}\r\n`);
  });
}

/** Names and pictures that were never given are left out, as the client's types have it. */
function cardOnWire(line: Line): object {
  const given = Object.entries(line.card ?? {}).filter(([, value]) => value !== null);
  return { phone_number: line.phoneNumber, ...Object.fromEntries(given) };
}

/** Arrays come comma-joined, repeated or with brackets. */
function listOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(listOf);
  return typeof value === 'string' ? value.split(',').filter((each) => each !== '') : [];
}

function hostOf(request: FastifyRequest): string {
  return request.headers.host ?? '127.0.0.1';
}
