import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Verification, WebhookVerifier } from '@linekeeper/application';

type Input = Omit<Parameters<WebhookVerifier['verify']>[0], 'version'>;

const NAME = 'x-webhook-signature';
const SIGNATURE = /^sha256=[0-9a-f]{64}$/;

/**
 * V2's signatures: `sha256=` and the hex HMAC-SHA256 of the raw body. No time is signed, so a delivery that was caught
 * can be sent again at any time, and `now` decides nothing: only the event id tells a replay.
 */
export class BodyVerifier extends WebhookVerifier {
  /** `unsigned`: what becomes of a delivery without any signature, as of a subscription without a secret. */
  constructor(private readonly unsigned: 'refuse' | 'accept' = 'refuse') {
    super();
  }

  verify({ rawBody, headers, secrets }: Input): Verification {
    const values = signaturesIn(headers);
    if (values.length === 0 && this.unsigned === 'accept') return { kind: 'verified' };
    const [given] = values;
    // Which of several was meant is not ours to choose.
    if (!given || values.length > 1) return { kind: 'rejected', why: 'missing-headers' };
    const found = SIGNATURE.test(given) && fits(given, rawBody, secrets);
    return found ? { kind: 'verified' } : { kind: 'rejected', why: 'no-matching-signature' };
  }
}

/** Every secret is tried, so that the time tells nothing about which one fits. Anybody could sign with an empty one. */
function fits(given: string, rawBody: Buffer, secrets: readonly string[]): boolean {
  let found = false;
  for (const secret of secrets.filter((each) => each !== '')) {
    const right = `sha256=${createHmac('sha256', secret).update(rawBody).digest('hex')}`;
    if (timingSafeEqual(Buffer.from(given), Buffer.from(right))) found = true;
  }
  return found;
}

function signaturesIn(headers: Readonly<Record<string, string | string[] | undefined>>): string[] {
  return Object.entries(headers)
    .filter(([name]) => name.toLowerCase() === NAME)
    .flatMap(([, value]) => value ?? []);
}
