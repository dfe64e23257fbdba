import helmet from '@fastify/helmet';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Answers of the API are data: a browser that shows one as a page runs nothing and frames nothing. */
const FOR_DATA = { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"] };

const FOR_PAGES = "base-uri 'none'; form-action 'self'; object-src 'none'; frame-ancestors 'none'";
/** The page brings all it needs with it, and nothing inline. */
export const PAGE_POLICY = `default-src 'self'; ${FOR_PAGES}`;
/** Swagger's page has its styles inline and its pictures in them. */
const DOCS_POLICY = `default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; ${FOR_PAGES}`;

const YEAR_SECONDS = 365 * 86_400;

/** Headers that tell browsers to be strict, on every answer. `secure`: browsers reach us by TLS, and shall go on doing so. */
export async function addSecurityHeaders(server: FastifyInstance, secure: boolean): Promise<void> {
  await server.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: FOR_DATA },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: secure ? { maxAge: YEAR_SECONDS, includeSubDomains: false } : false,
    xFrameOptions: { action: 'deny' },
  });
  server.addHook('onRequest', (request, reply, done) => {
    // People's numbers are in most answers: no cache keeps them. Files of the page say otherwise for themselves.
    void reply.header('cache-control', 'no-store');
    if (isDocs(request)) void reply.header('content-security-policy', DOCS_POLICY);
    done();
  });
}

/** The pages that describe the API, by the route that was found, however its address was spelled. */
export function isDocs(request: FastifyRequest): boolean {
  const route = request.routeOptions.url ?? '';
  return route === '/docs' || route.startsWith('/docs/') || route.startsWith('/openapi.');
}
