import { BodyVerifier } from './body-verifier';

/** The example of Linq's own reference. */
const SECRET = 'my_v2_secret';
const BODY =
  '{"api_version":"v2","created_at":"2026-01-01T00:00:00-06:00","data":{"chat_id":"324","id":"1001"},"event_id":"9d","event_type":"message.received"}';
const SIGNATURE = 'sha256=00c794de1b5adefb7566e81174d7e514140859e86953b9f1aeeec5ffbe2af012';

describe('BodyVerifier', () => {
  const verify = (
    headers: Record<string, string | string[] | undefined>,
    secrets: readonly string[] = [SECRET],
    body = BODY,
  ): unknown => new BodyVerifier().verify({ rawBody: Buffer.from(body), headers, secrets, now: 0 });
  const verified = { kind: 'verified' };
  const mismatch = { kind: 'rejected', why: 'no-matching-signature' };
  const missing = { kind: 'rejected', why: 'missing-headers' };

  it('believes a body that was signed with any of the secrets', () => {
    expect(verify({ 'x-webhook-signature': SIGNATURE })).toEqual(verified);
    expect(verify({ 'X-Webhook-Signature': [SIGNATURE] })).toEqual(verified);
    expect(verify({ 'x-webhook-signature': SIGNATURE }, ['new', SECRET])).toEqual(verified);
  });

  it.each([
    ['another body', { 'x-webhook-signature': SIGNATURE }, [SECRET], `${BODY} `],
    ['another secret', { 'x-webhook-signature': SIGNATURE }, ['other'], BODY],
    ['no secret', { 'x-webhook-signature': SIGNATURE }, [], BODY],
    ['half a signature', { 'x-webhook-signature': SIGNATURE.slice(0, 40) }, [SECRET], BODY],
    ['another spelling', { 'x-webhook-signature': SIGNATURE.toUpperCase() }, [SECRET], BODY],
    ['another scheme', { 'x-webhook-signature': SIGNATURE.slice(7) }, [SECRET], BODY],
  ])('rejects %s', (_name, headers, secrets, body) => {
    expect(verify(headers, secrets, body)).toEqual(mismatch);
  });

  it('never believes what an empty secret signs', () => {
    const empty = 'sha256=b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad';
    expect(verify({ 'x-webhook-signature': empty }, [''], '')).toEqual(mismatch);
  });

  it.each([
    ['none', {}],
    ['an empty one', { 'x-webhook-signature': '' }],
    ['several', { 'x-webhook-signature': [SIGNATURE, SIGNATURE] }],
    ['one undefined', { 'x-webhook-signature': undefined }],
  ])('misses the signature where there is %s', (_name, headers) => {
    expect(verify(headers)).toEqual(missing);
  });
});
