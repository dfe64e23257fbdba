import { createHmac } from 'node:crypto';
import type { Request } from 'autocannon';
import { next, nextId } from './ids';
import { APP_KEY, WEBHOOK_SECRET } from './stage';

const KEY = { authorization: `Bearer ${APP_KEY}` };
const KEYED = { ...KEY, 'content-type': 'application/json' };

export function onboarding(): Request {
  return newcomerAt('/v1/users');
}

export function keptOnboarding(): Request {
  return newcomerAt('/v1/kept-users');
}

function newcomerAt(path: string): Request {
  const handle = `+1720${String(2_000_000 + next())}`;
  return post(path, KEYED, { handle, startedBy: 'inbound' });
}

/** Sends to people in turn, so that nobody is written to too often. */
export function sendTo(people: readonly string[], path = '/v1/sends'): () => Request {
  return () => post(path, KEYED, { userId: people[next() % people.length] });
}

export function get(path: string): () => Request {
  return () => ({ method: 'GET', path, headers: KEY });
}

const key = Buffer.from(WEBHOOK_SECRET.slice('whsec_'.length), 'base64');

/** A message that somebody wrote, as the provider tells it, signed. */
export function webhook(line: string, now: () => number): () => Request {
  return () => {
    const n = next();
    return signed(inboundEvent(line, n, new Date(now()).toISOString()), now());
  };
}

/** The provider's word on a line, signed. */
export function statusWebhook(line: string, status: string, now: () => number): Request {
  const at = new Date(now()).toISOString();
  const change = { phone_number: line, previous_status: 'ACTIVE', new_status: status };
  return signed(envelope('phone_number.status_updated', at, { ...change, changed_at: at }), now());
}

/** Any event, signed as the provider does. */
export function signed(event: object, nowMs: number): Request {
  const body = JSON.stringify(event);
  const [id, timestamp] = [nextId(), String(Math.floor(nowMs / 1_000))];
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`);
  return {
    method: 'POST',
    path: '/webhooks/linq/v3',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature.digest('base64')}`,
    },
    body,
  };
}

/** An event of the provider under an id of its own. */
export function envelope(type: string, at: string, data: object): object {
  return {
    ...{ api_version: 'v3', webhook_version: '2026-02-03', event_type: type },
    ...{ event_id: nextId(), created_at: at, trace_id: 'trace', partner_id: 'partner', data },
  };
}

function inboundEvent(line: string, n: number, at: string): object {
  const handle = (value: string, isMe: boolean): object => ({
    ...{ id: nextId(), handle: value, is_me: isMe, service: 'iMessage', status: 'active' },
    ...{ joined_at: at, left_at: null },
  });
  const health = { status: 'HEALTHY', doc_url: 'https://example.com/health', updated_at: at };
  return envelope('message.received', at, {
    ...{ id: nextId(), direction: 'inbound', service: 'iMessage', sent_at: at },
    chat: {
      id: `chat-${n % 5_000}`,
      is_group: false,
      health_status: health,
      owner_handle: handle(line, true),
    },
    sender_handle: handle(`+1303${String(n % 5_000).padStart(7, '0')}`, false),
    parts: [{ type: 'text', value: 'A message of about the usual length, as people write.' }],
  });
}

function post(path: string, headers: Record<string, string>, body: object): Request {
  return { method: 'POST', path, headers, body: JSON.stringify(body) };
}
