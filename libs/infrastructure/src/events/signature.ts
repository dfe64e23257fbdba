import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

/** The headers of Standard Webhooks for one try: each secret signs, so that a receiver may know either. */
export function signedHeaders(event: {
  readonly id: string;
  readonly atSeconds: number;
  readonly body: string;
  readonly secrets: readonly string[];
}): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const { id, atSeconds, body } = event;
  const signatures = event.secrets.map((secret) => {
    const key = Buffer.from(
      secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret,
      'base64',
    );
    return `v1,${createHmac('sha256', key).update(`${id}.${atSeconds}.${body}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': String(atSeconds),
    'webhook-signature': signatures.join(' '),
  };
}
