import type { FastifyInstance } from 'fastify';
import type { Line } from '../types';
import type { World } from '../world';
import { isEligible } from './send-rules';

const BACKUPS = 3;

/** A link to the card of a line; with a time to live it says until when it works. */
export function vcfUrl(world: World, line: Line, excluded: ReadonlySet<string>): string {
  const { vcfTtlSeconds: ttl } = world.config;
  const query = new URLSearchParams({ 'X-Amz-Signature': 'sim' });
  if (ttl !== null) query.set('expires', String(Math.floor(world.clock.now() / 1_000) + ttl));
  if (excluded.size > 0) query.set('without', [...excluded].join(','));
  const digits = line.phoneNumber.replace('+', '');
  return `${world.origin}/vcf/${world.chance.hex(12)}/${digits}.vcf?${query.toString()}`;
}

/** The card behind `vcf_url`: the chosen number first, a few others that may send as backups. */
export function vcfRoute(app: FastifyInstance, world: World): void {
  app.get<{ Params: { file: string }; Querystring: { expires?: string; without?: string } }>(
    '/vcf/:id/:file',
    (request, reply) => {
      const { expires, without = '' } = request.query;
      if (expires !== undefined && world.clock.now() >= Number(expires) * 1_000) {
        return reply.status(403).send();
      }
      const number = `+${request.params.file.replace('.vcf', '')}`;
      const line = world.lines.get(number);
      if (!line) return reply.status(404).send();
      const hidden = new Set([number, ...without.split(',')]);
      const backups = [...world.lines.values()]
        .filter((each) => !hidden.has(each.phoneNumber) && isEligible(world, each, 'pick'))
        .slice(0, BACKUPS);
      const rows = [
        'BEGIN:VCARD',
        'VERSION:3.0',
        `FN:${line.card?.first_name ?? 'Contact'}`,
        `TEL;TYPE=CELL,PREF:${number}`,
        ...backups.map(({ phoneNumber }) => `TEL;TYPE=CELL:${phoneNumber}`),
        'END:VCARD',
      ];
      return reply.type('text/vcard').send(`${rows.join('\r\n')}\r\n`);
    },
  );
}
