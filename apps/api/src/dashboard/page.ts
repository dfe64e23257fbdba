import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { PAGE_POLICY } from '../http/security-headers';

/** The page is static files that talk to the public API like anybody else. */
export async function addPage(server: FastifyInstance): Promise<void> {
  await server.register(fastifyStatic, {
    root: pageFolder(),
    prefix: '/',
    wildcard: false,
    decorateReply: false,
    setHeaders: (response) => {
      void response.header('content-security-policy', PAGE_POLICY);
    },
  });
}

/** Beside the sources, in dist/ or in a checkout. */
function pageFolder(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, 'apps', 'dashboard', 'public');
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) throw new Error('The files of the page are missing');
  }
}
