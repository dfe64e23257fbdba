import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import helmet from 'helmet';

/** Answers of the API are data: a browser that shows one as a page runs nothing and frames nothing. */
const FOR_DATA = { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"] };

const FOR_PAGES = "base-uri 'none'; form-action 'self'; object-src 'none'; frame-ancestors 'none'";
/** The page brings all it needs with it, and nothing inline. */
export const PAGE_POLICY = `default-src 'self'; ${FOR_PAGES}`;
/** Swagger's page has its styles inline and its pictures in them. */
const DOCS_POLICY = `default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; ${FOR_PAGES}`;

const YEAR_SECONDS = 365 * 86_400;

type Headers = Readonly<Record<string, string>>;

/** Headers that tell browsers to be strict, on every answer. `secure`: browsers reach us by TLS, and shall go on doing so. */
export function addSecurityHeaders(server: FastifyInstance, secure: boolean): void {
  const forData = { ...strictHeaders(secure), ...NOT_KEPT };
  const forDocs = { ...forData, 'content-security-policy': DOCS_POLICY };
  server.addHook('onRequest', (request, reply, done) => {
    void reply.headers(isDocs(request) ? forDocs : forData);
    done();
  });
}

/** People's numbers are in most answers: no cache keeps them. Files of the page say otherwise for themselves. */
const NOT_KEPT: Headers = { 'cache-control': 'no-store' };

/** What helmet says to every answer alike: worked out once, because working it out takes longer than many an answer. */
function strictHeaders(secure: boolean): Headers {
  const headers: Record<string, string> = {};
  const answer = {
    setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  } as unknown as ServerResponse;
  const add = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: FOR_DATA },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: secure ? { maxAge: YEAR_SECONDS, includeSubDomains: false } : false,
    xFrameOptions: { action: 'deny' },
  });
  add({} as IncomingMessage, answer, (error?: unknown) => {
    if (error !== undefined) throw error as Error;
  });
  return headers;
}

/** The pages that describe the API, by the route that was found, however its address was spelled. */
export function isDocs(request: FastifyRequest): boolean {
  const route = request.routeOptions.url ?? '';
  return route === '/docs' || route.startsWith('/docs/') || route.startsWith('/openapi.');
}
