import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Larger bodies are refused with 413 before they are read to the end. */
export const BODY_LIMIT = 256 * 1_024;
/** Where a photo comes along: 2 MiB of it, which base64 makes a third larger, and the texts. */
const PHOTO_BODY_LIMIT = 3 * 1_024 * 1_024;
const PHOTO_ROUTES = /^\/v1\/admin\/pools\/:id\/card-profile(\/preview)?$/;

/** No body of ours nests deeper; deeper ones are only sent to exhaust a stack. */
const MAX_DEPTH = 64;

/**
 * JSON for the API, and untouched bytes for webhooks, whose signature is over exactly these bytes. Nothing is
 * ever decompressed.
 */
export function addBodyParsers(app: FastifyInstance): void {
  // Fastify's own parsers would turn a webhook sent as text into a text, whose signature no longer holds.
  app.removeAllContentTypeParsers();
  app.addHook('onRoute', (route) => {
    if (PHOTO_ROUTES.test(route.url)) route.bodyLimit = PHOTO_BODY_LIMIT;
  });
  const options = { parseAs: 'buffer', bodyLimit: BODY_LIMIT } as const;
  app.addContentTypeParser('application/json', options, (request, body: Buffer, done) => {
    if (isWebhook(request) || body.length === 0) {
      done(null, body.length === 0 ? undefined : body);
      return;
    }
    try {
      if (isTooDeep(body)) throw new SyntaxError('nested too deeply');
      done(null, JSON.parse(body.toString('utf8')));
    } catch (error) {
      const why = error instanceof Error ? error.message : 'not JSON';
      done(
        refusal('FST_ERR_CTP_INVALID_JSON_BODY', `The body is not valid JSON: ${why}`, 400),
        undefined,
      );
    }
  });
  app.addContentTypeParser('*', options, (request, body: Buffer, done) => {
    if (isWebhook(request) || body.length === 0) {
      done(null, body.length === 0 ? undefined : body);
      return;
    }
    const type = request.headers['content-type'] ?? 'none';
    done(
      refusal('FST_ERR_CTP_INVALID_MEDIA_TYPE', `Send application/json, not ${type}`, 415),
      undefined,
    );
  });
}

function isWebhook(request: FastifyRequest): boolean {
  return request.routeOptions.url?.startsWith('/webhooks/') === true;
}

function refusal(code: string, message: string, statusCode: number): Error {
  return Object.assign(new Error(message), { code, statusCode });
}

/** Counts brackets outside of strings. */
function isTooDeep(body: Buffer): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < body.length; i += 1) {
    const byte = body[i];
    if (quoted) {
      if (byte === BACKSLASH) i += 1;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth -= 1;
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
