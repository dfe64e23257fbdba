import { createHmac } from 'node:crypto';

/** Both header sets of a delivery: Standard Webhooks, and the older hex scheme that Linq still sends. */
export function signedHeaders(delivery: {
  readonly webhookId: string;
  readonly eventType: string;
  readonly subscriptionId: string;
  readonly secret: string;
  /** What keys the older scheme. */
  readonly legacyKey: 'whole-secret' | 'without-prefix';
  readonly timestamp: number;
  readonly body: string;
}): Record<string, string> {
  const { webhookId, secret, timestamp, body } = delivery;
  const bare = secret.replace(/^whsec_/, '');
  const key = Buffer.from(bare, 'base64');
  const standard = createHmac('sha256', key)
    .update(`${webhookId}.${timestamp}.${body}`)
    .digest('base64');
  const legacy = createHmac('sha256', delivery.legacyKey === 'whole-secret' ? secret : bare)
    .update(`${timestamp}.${body}`)
    .digest('hex');
  return {
    'content-type': 'application/json',
    'webhook-id': webhookId,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,${standard}`,
    'x-webhook-event': delivery.eventType,
    'x-webhook-subscription-id': delivery.subscriptionId,
    'x-webhook-timestamp': String(timestamp),
    'x-webhook-signature': legacy,
  };
}
