import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Verification, WebhookVerifier } from '@linekeeper/application';
import { MINUTE_MS } from '@linekeeper/domain';

/**
 * Retries run for about 25 minutes and it is not documented whether they are signed anew, so the past is believed
 * for longer than the customary five minutes. Replays within it are caught by the event id.
 */
const PAST_TOLERANCE_MS = 30 * MINUTE_MS;
const FUTURE_TOLERANCE_MS = 5 * MINUTE_MS;

/** Standard Webhooks signatures (`v1`, HMAC-SHA256 over id, timestamp and raw body). */
export class StandardWebhookVerifier extends WebhookVerifier {
  verify(input: Parameters<WebhookVerifier['verify']>[0]): Verification {
    const id = single(input.headers['webhook-id']);
    const timestamp = single(input.headers['webhook-timestamp']);
    const signatures = single(input.headers['webhook-signature']);
    if (!id || !timestamp || !signatures) return rejected('missing-headers');
    if (!/^\d{1,12}$/.test(timestamp)) return rejected('bad-timestamp');
    const at = Number(timestamp) * 1_000;
    if (at < input.now - PAST_TOLERANCE_MS) return rejected('too-old');
    if (at > input.now + FUTURE_TOLERANCE_MS) return rejected('too-new');
    const signed = Buffer.concat([Buffer.from(`${id}.${Number(timestamp)}.`, 'utf8'), input.rawBody]);
    const given = signatures
      .split(' ')
      .filter((each) => each.startsWith('v1,'))
      .map((each) => Buffer.from(each.slice(3), 'base64'));
    for (const secret of input.secrets) {
      const expected = createHmac('sha256', keyOf(secret)).update(signed).digest();
      // Every given signature is compared, so that the time tells nothing about which one fits.
      const matches = given.filter((each) => each.length === expected.length && timingSafeEqual(each, expected));
      if (matches.length > 0) return { kind: 'verified' };
    }
    return rejected('no-matching-signature');
  }
}

/** Secrets of before June 2026 may lack the prefix; they are base64 too. */
function keyOf(secret: string): Buffer {
  return Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
}

function single(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}

function rejected(why: Extract<Verification, { kind: 'rejected' }>['why']): Verification {
  return { kind: 'rejected', why };
}
