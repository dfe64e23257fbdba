import { createHmac } from 'node:crypto';

/** Both header sets of a delivery: Standard Webhooks, and the older hex scheme that Linq still sends. */
export function signedHeaders(delivery: {
  readonly eventId: string;
  readonly eventType: string;
  readonly subscriptionId: string;
  readonly secret: string;
  readonly timestamp: number;
  readonly body: string;
}): Record<string, string> {
  const { eventId, secret, timestamp, body } = delivery;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const standard = createHmac('sha256', key)
    .update(`${eventId}.${timestamp}.${body}`)
    .digest('base64');
  const legacy = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return {
    'content-type': 'application/json',
    'webhook-id': eventId,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,${standard}`,
    'x-webhook-event': delivery.eventType,
    'x-webhook-subscription-id': delivery.subscriptionId,
    'x-webhook-timestamp': String(timestamp),
    'x-webhook-signature': legacy,
  };
}
