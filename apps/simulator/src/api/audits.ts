import type { FastifyInstance } from 'fastify';
import type { Audit, Line } from '../types';
import { instant } from '../wire';
import type { World } from '../world';
import type { Api } from './context';
import { LinqError, notFound } from './errors';
import { tooMany } from './send-rules';

interface ByNumber {
  Params: { number: string };
}
const DAY_MS = 86_400_000;
const WORST = 15;

/** Audits of a line's reputation (newer than the client of 0.28.2). The path takes the number, not the id. */
export function auditRoutes(app: FastifyInstance, { world }: Api): void {
  app.post<ByNumber>('/phone_numbers/:number/reputation_audit', (request) => {
    const line = lineOr404(request.params.number);
    const now = world.clock.now();
    const last = line.audits.at(-1);
    if (last && last.doneAt > now) throw new LinqError(409, 2015, 'An audit is running');
    const free = (last?.doneAt ?? -Infinity) + world.config.auditCooldownSeconds * 1_000;
    if (free > now) throw tooMany((free - now) / 1_000);
    const doneAt = now + world.config.auditSeconds * 1_000;
    const audit: Audit = { id: world.chance.uuid(), startedAt: now, doneAt };
    line.audits.push(audit);
    world.changes += 1;
    return { audit_id: audit.id, status: 'pending' };
  });

  app.get<{ Params: { number: string; audit: string } }>(
    '/phone_numbers/:number/reputation_audit/:audit',
    (request) => {
      const line = lineOr404(request.params.number);
      const audit = line.audits.find(({ id }) => id === request.params.audit);
      if (!audit) throw notFound(2019, 'Reputation audit');
      if (audit.doneAt > world.clock.now()) return { audit_id: audit.id, status: 'pending' };
      return {
        audit_id: audit.id,
        status: 'complete',
        phone: line.phoneNumber,
        generated_at: instant(audit.doneAt),
        report: reportOn(world, line),
      };
    },
  );

  function lineOr404(number: string): Line {
    const line = world.lines.get(number);
    if (!line) throw notFound(2019, 'Phone number');
    return line;
  }
}

/** The shape is Linq's; what is judged, and from which number on, is invented. */
function reportOn(world: World, line: Line): object {
  const chats = [...world.chats.values()].filter((chat) => chat.line === line.phoneNumber);
  const since = world.clock.now() - DAY_MS;
  const begun = chats.filter(({ createdAt }) => createdAt > since).length;
  const out = chats.reduce((sum, { outbound }) => sum + outbound, 0);
  const into = chats.reduce((sum, { inbound }) => sum + inbound, 0);
  const left = chats.filter(({ health }) => health === 'OPTED_OUT');
  const unhealthy = chats.filter(({ health }) => health === 'AT_RISK' || health === 'CRITICAL');
  const drivers = [
    driver('flagged', line.status === 'FLAGGED', 1, 'The line is flagged.'),
    driver('opt_out_handling', left.length > 0, left.length, 'People opted out.'),
    driver(
      'new_conversation_rate',
      begun >= world.config.scorerNewChatsPerDay,
      begun,
      'Many new conversations within a day.',
    ),
    driver('overall_conversation_health', out > 2 * into, out - into, 'Few answers.'),
  ].flat();
  return {
    severity: line.reputation,
    primary_driver: drivers[0]?.key ?? 'other',
    drivers,
    action_items: drivers.map(({ key }) => ({
      priority: 'high',
      title: `Improve ${key}`,
      detail: 'See the guide on phone reputation.',
      expected_impact: 'medium',
    })),
    evidence: {
      opt_out_chats: left.map(({ id }) => ({ chat_id: id, messages_after_stop: 0 })),
      unhealthy_chats: unhealthy.slice(0, WORST).map(({ id, health }) => ({
        chat_id: id,
        status: health,
        driver_keys: ['low_engagement'],
      })),
    },
    summary_markdown: `**${line.phoneNumber}** is ${line.reputation}.`,
  };
}

function driver(
  key: string,
  holds: boolean,
  metric: number,
  summary: string,
): { key: string; metric: number; summary: string }[] {
  return holds ? [{ key, metric, summary }] : [];
}
