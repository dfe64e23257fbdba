import { createHmac } from 'node:crypto';
import { LinqAPIV3 } from '@linqapp/sdk';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { StandardWebhookVerifier } from './standard-webhook-verifier';

/** The published vector: the key is the bytes 0 to 31. */
const SECRET = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
const ID = '2f9c1f0e-7a55-4d5b-9b1e-0c7f3a6d1e11';
const TIMESTAMP = 1_767_225_600;
const BODY =
  '{"api_version":"v3","webhook_version":"2026-02-03","event_type":"phone_number.status_updated","event_id":"2f9c1f0e-7a55-4d5b-9b1e-0c7f3a6d1e11"}';
const SIGNATURE = 'v1,yGEnaNQr0oZPS5FmGEffXJ9dABK7EuRJDtLI5ALIdu4=';
const LEGACY_WHOLE = '19e5da4ab9a9dc58ded31c8663ca0e9d1323682e76ddd51ebb7f4b172c7d3218';
const LEGACY_STRIPPED = '4c4888f341eb82968ed893a07532caa97b08995836c403e7e99d319d10be69dd';
const NOW = TIMESTAMP * 1_000;
const OTHER_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

const STANDARD = {
  'webhook-id': ID,
  'webhook-timestamp': String(TIMESTAMP),
  'webhook-signature': SIGNATURE,
};
const LEGACY = { 'x-webhook-timestamp': String(TIMESTAMP), 'x-webhook-signature': LEGACY_WHOLE };

type Input = Parameters<StandardWebhookVerifier['verify']>[0];

const verifier = new StandardWebhookVerifier();
const verify = (changes: Partial<Input> = {}): string => {
  const answer = verifier.verify({
    rawBody: Buffer.from(BODY),
    headers: STANDARD,
    secrets: [SECRET],
    now: NOW,
    ...changes,
  });
  return answer.kind === 'verified' ? 'verified' : answer.why;
};
const signed = (secret: string, id: string, timestamp: number, body: Buffer): string => {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body);
  return `v1,${mac.digest('base64')}`;
};

describe('StandardWebhookVerifier', () => {
  describe('the published vector', () => {
    it('is 144 bytes long, so it was copied whole', () => {
      expect(Buffer.byteLength(BODY)).toBe(144);
    });

    it('verifies', () => {
      expect(verify()).toBe('verified');
    });

    it.each([
      ['the whole secret as key', LEGACY_WHOLE],
      ['the secret without its prefix as key', LEGACY_STRIPPED],
    ])('verifies by the older scheme with %s', (_name, signature) => {
      expect(verify({ headers: { ...LEGACY, 'x-webhook-signature': signature } })).toBe('verified');
    });
  });

  describe('witnesses', () => {
    beforeEach(() => {
      jest.useFakeTimers({ now: NOW, doNotFake: ['nextTick', 'setImmediate'] });
    });
    afterEach(() => {
      jest.useRealTimers();
    });

    it("the provider's SDK accepts the vector too", () => {
      const client = new LinqAPIV3({ apiKey: 'none' });
      const event = client.webhooks.unwrap(BODY, { headers: STANDARD, key: SECRET });
      expect(event).toMatchObject({ event_id: ID });
    });

    it('accepts what the SDK accepts and rejects what it rejects, for any body and any damage', () => {
      const client = new LinqAPIV3({ apiKey: 'none' });
      fc.assert(
        fc.property(
          fc.json(),
          fc.uint8Array({ minLength: 1, maxLength: 64 }),
          fc.integer({ min: -299, max: 299 }),
          fc.constantFrom('none', 'id', 'timestamp', 'body', 'signature', 'version', 'secret'),
          (body, key, drift, damage) => {
            const secret = `whsec_${Buffer.from(key).toString('base64')}`;
            const at = TIMESTAMP + drift;
            const signature = new Webhook(secret).sign(ID, new Date(at * 1_000), body);
            const headers = {
              'Webhook-Id': damage === 'id' ? `${ID}0` : ID,
              'Webhook-Timestamp': String(damage === 'timestamp' ? at + 1 : at),
              'Webhook-Signature':
                damage === 'signature'
                  ? `${signature}A`
                  : damage === 'version'
                    ? signature.replace('v1', 'v2')
                    : signature,
            };
            const arrived = damage === 'body' ? `${body} ` : body;
            const used =
              damage === 'secret'
                ? `whsec_${Buffer.concat([key, Buffer.from('x')]).toString('base64')}`
                : secret;
            let witness = 'verified';
            try {
              client.webhooks.unwrap(arrived, { headers, key: used });
            } catch {
              witness = 'no-matching-signature';
            }
            expect(verify({ rawBody: Buffer.from(arrived), headers, secrets: [used] })).toBe(
              witness,
            );
            expect(witness).toBe(damage === 'none' ? 'verified' : 'no-matching-signature');
          },
        ),
      );
    });
  });

  describe('secrets', () => {
    it.each([
      ['first', [SECRET, OTHER_SECRET]],
      ['last', [OTHER_SECRET, SECRET]],
      ['without its prefix', [SECRET.slice('whsec_'.length)]],
      ['beside secrets that are none', ['', 'whsec_', 'not base64!', 'whsec_AAA', SECRET]],
    ])('holds when the right one is %s', (_name, secrets) => {
      expect(verify({ secrets })).toBe('verified');
    });

    it.each([[[]], [[OTHER_SECRET]], [['']], [['whsec_']], [['whsec_====']], [['whsec_AAA']]])(
      'rejects with %j',
      (secrets) => {
        expect(verify({ secrets })).toBe('no-matching-signature');
      },
    );

    it('never verifies by an empty key, which anyone could sign with', () => {
      const mac = createHmac('sha256', '').update(`${ID}.${TIMESTAMP}.${BODY}`).digest('base64');
      const headers = { ...STANDARD, 'webhook-signature': `v1,${mac}` };
      const hex = createHmac('sha256', '').update(`${TIMESTAMP}.${BODY}`).digest('hex');
      const bare = createHmac('sha256', 'whsec_').update(`${TIMESTAMP}.${BODY}`).digest('hex');
      for (const secret of ['', 'whsec_']) {
        expect(verify({ headers, secrets: [secret] })).toBe('no-matching-signature');
        for (const signature of [hex, bare]) {
          const legacy = { ...LEGACY, 'x-webhook-signature': signature };
          expect(verify({ headers: legacy, secrets: [secret] })).toBe('no-matching-signature');
        }
      }
    });
  });

  describe('signatures', () => {
    it.each([
      ['among others', `v1,AAAA v2,BBBB ${SIGNATURE}`],
      ['first of several', `${SIGNATURE} v1,AAAA`],
      ['between stray spaces', ` ${SIGNATURE} `],
    ])('accepts the right one %s', (_name, value) => {
      expect(verify({ headers: { ...STANDARD, 'webhook-signature': value } })).toBe('verified');
    });

    it.each([
      ['another version', SIGNATURE.replace('v1', 'v1a')],
      ['no version', SIGNATURE.slice(3)],
      ['a cut end', SIGNATURE.slice(0, -1)],
      ['a longer end', `${SIGNATURE}=`],
      ['commas for spaces', `v1,AAAA,${SIGNATURE}`],
      ['nonsense', '💥 v1, ,v1'],
    ])('rejects %s', (_name, value) => {
      const headers = { ...STANDARD, 'webhook-signature': value };
      expect(verify({ headers })).toBe('no-matching-signature');
    });

    it('covers the raw bytes, also of a body that is not valid UTF-8', () => {
      const rawBody = Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d]);
      const headers = { ...STANDARD, 'webhook-signature': signed(SECRET, ID, TIMESTAMP, rawBody) };
      expect(verify({ rawBody, headers })).toBe('verified');
      const replaced = Buffer.from(rawBody.toString('utf8'));
      expect(verify({ rawBody: replaced, headers })).toBe('no-matching-signature');
    });

    it('notices any single bit that changes in the body', () => {
      fc.assert(
        fc.property(fc.nat(BODY.length - 1), fc.nat(7), (index, bit) => {
          const rawBody = Buffer.from(BODY);
          rawBody[index] = (rawBody[index] ?? 0) ^ (1 << bit);
          expect(verify({ rawBody })).toBe('no-matching-signature');
        }),
      );
    });
  });

  describe('headers', () => {
    it.each(['webhook-id', 'webhook-timestamp'])('asks for %s', (name) => {
      const rest = Object.entries(STANDARD).filter(([key]) => key !== name);
      expect(verify({ headers: Object.fromEntries(rest) })).toBe('missing-headers');
      expect(verify({ headers: { ...STANDARD, [name]: '' } })).toBe('missing-headers');
      expect(verify({ headers: { ...STANDARD, [name]: undefined } })).toBe('missing-headers');
      expect(verify({ headers: { ...STANDARD, [name]: ['a', 'b'] } })).toBe('missing-headers');
    });

    it('are found in any case and in a list of one', () => {
      const headers = {
        'WEBHOOK-ID': [ID],
        'Webhook-Timestamp': String(TIMESTAMP),
        'webhook-SIGNATURE': SIGNATURE,
      };
      expect(verify({ headers })).toBe('verified');
    });

    it('rejects a request with none', () => {
      expect(verify({ headers: {} })).toBe('missing-headers');
      expect(verify({ headers: { 'x-webhook-signature': LEGACY_WHOLE } })).toBe('missing-headers');
    });

    it('uses the older scheme only when the standard header is not there at all', () => {
      expect(verify({ headers: { ...LEGACY, ...STANDARD } })).toBe('verified');
      const wrong = { ...LEGACY, ...STANDARD, 'webhook-signature': 'v1,AAAA' };
      expect(verify({ headers: wrong })).toBe('no-matching-signature');
      const empty = { ...LEGACY, ...STANDARD, 'webhook-signature': '' };
      expect(verify({ headers: empty })).toBe('missing-headers');
    });
  });

  describe('tolerance', () => {
    it.each([
      [NOW + 30 * 60_000, 'verified'],
      [NOW + 30 * 60_000 + 1, 'too-old'],
      [NOW - 5 * 60_000, 'verified'],
      [NOW - 5 * 60_000 - 1, 'too-new'],
    ])('at %i: %s', (now, expected) => {
      expect(verify({ now })).toBe(expected);
      expect(verify({ now, headers: LEGACY })).toBe(expected);
    });

    it.each([
      'x',
      '-1',
      '1e9',
      '1767225600.0',
      '01767225600',
      '0x6955',
      '1767225600abc',
      '９',
      ' ',
    ])('rejects the timestamp %j', (timestamp) => {
      const headers = { ...STANDARD, 'webhook-timestamp': timestamp };
      expect(verify({ headers })).toBe('bad-timestamp');
    });
  });

  it('never throws and never verifies, whatever arrives', () => {
    const value = fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.string())), {
      nil: undefined,
    });
    const names = fc.constantFrom(...Object.keys(STANDARD), ...Object.keys(LEGACY), '__proto__');
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.array(fc.tuple(fc.oneof(names, fc.string()), value)),
        fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constant(SECRET))),
        fc.oneof(fc.integer(), fc.constant(Number.NaN)),
        (body, headers, secrets, now) => {
          const answer = verifier.verify({
            rawBody: Buffer.from(body),
            headers: Object.fromEntries(headers),
            secrets,
            now,
          });
          expect(answer.kind).toBe('rejected');
        },
      ),
    );
  });
});
