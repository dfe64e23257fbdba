import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Verification, WebhookVerifier } from '@linekeeper/application';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '@linekeeper/domain';

/**
 * Retries run for about 25 minutes and it is not documented whether they are signed anew, so the past is believed
 * for longer than the customary five minutes. Replays within it are caught by the event id.
 */
const PAST_TOLERANCE_MS = 30 * MINUTE_MS;
const FUTURE_TOLERANCE_MS = 5 * MINUTE_MS;

const PREFIX = 'whsec_';
/** Canonical decimal seconds: the sender signs the number, so no other spelling of it can be right. */
const SECONDS = /^(?:0|[1-9]\d{0,10})$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

type Input = Omit<Parameters<WebhookVerifier['verify']>[0], 'version'>;
/** What stands under a name: null when nothing does. */
type Header = (name: string) => string | null;

/**
 * Standard Webhooks signatures (`v1`, HMAC-SHA256 over id, timestamp and raw body). Only a delivery without the
 * standard signature header is tried by the provider's older scheme: hex, without an id, and keyed with the secret
 * as it is written.
 */
export class StandardWebhookVerifier extends WebhookVerifier {
  verify(input: Input): Verification {
    const header = headerOf(input);
    const standard = header('webhook-signature');
    if (standard !== null) return verifyStandard(input, header, standard);
    return verifyLegacy(input, header, header('x-webhook-signature'));
  }
}

function verifyStandard(input: Input, header: Header, signatures: string): Verification {
  const id = header('webhook-id');
  const timestamp = header('webhook-timestamp');
  if (!id || !timestamp || !signatures) return rejected('missing-headers');
  const fault = timestampFault(timestamp, input.now);
  if (fault) return rejected(fault);
  return verdict(
    signatures.split(' '),
    input.secrets.flatMap(standardKeys).map((key) => {
      const mac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(input.rawBody);
      return `v1,${mac.digest('base64')}`;
    }),
  );
}

function verifyLegacy(input: Input, header: Header, signature: string | null): Verification {
  const timestamp = header('x-webhook-timestamp');
  if (!timestamp || !signature) return rejected('missing-headers');
  const fault = timestampFault(timestamp, input.now);
  if (fault) return rejected(fault);
  return verdict(
    [signature],
    input.secrets
      .flatMap(legacyKeys)
      .map((key) =>
        createHmac('sha256', key).update(`${timestamp}.`).update(input.rawBody).digest('hex'),
      ),
  );
}

function timestampFault(
  timestamp: string,
  now: EpochMs,
): 'bad-timestamp' | 'too-old' | 'too-new' | null {
  if (!SECONDS.test(timestamp)) return 'bad-timestamp';
  const sentAt = Number(timestamp) * SECOND_MS;
  if (sentAt < now - PAST_TOLERANCE_MS) return 'too-old';
  return sentAt > now + FUTURE_TOLERANCE_MS ? 'too-new' : null;
}

/** Every signature is compared with every expected one, so that the time tells nothing about which one fits. */
function verdict(given: readonly string[], expected: readonly string[]): Verification {
  let found = false;
  for (const right of expected.map((each) => Buffer.from(each))) {
    for (const each of given.map((text) => Buffer.from(text))) {
      if (each.length === right.length && timingSafeEqual(each, right)) found = true;
    }
  }
  return found ? { kind: 'verified' } : rejected('no-matching-signature');
}

/**
 * Secrets of before June 2026 may lack the prefix; they are base64 too. What is no base64 is no key, and neither is
 * an empty one: anybody could sign with it.
 */
function standardKeys(secret: string): Buffer[] {
  const encoded = withoutPrefix(secret);
  return encoded !== '' && BASE64.test(encoded) ? [Buffer.from(encoded, 'base64')] : [];
}

/** Whether the prefix belongs to the older scheme's key is not published, so it is tried with and without. */
function legacyKeys(secret: string): string[] {
  const bare = withoutPrefix(secret);
  return bare === '' ? [] : [...new Set([secret, bare])];
}

function withoutPrefix(secret: string): string {
  return secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
}

/**
 * The value of a header, whatever the case of its name; null when it is not there. A header that came several times
 * reads as empty, because which of its values was meant is not ours to choose.
 */
function headerOf({ headers }: Input): Header {
  const values = new Map<string, string>();
  for (const [key, value] of Object.entries(headers)) {
    const name = key.toLowerCase();
    for (const each of typeof value === 'string' ? [value] : (value ?? [])) {
      values.set(name, values.has(name) ? '' : each);
    }
  }
  return (name) => values.get(name) ?? null;
}

function rejected(why: Extract<Verification, { kind: 'rejected' }>['why']): Verification {
  return { kind: 'rejected', why };
}
