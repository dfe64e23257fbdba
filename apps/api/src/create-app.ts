import type { DynamicModule, LogLevel, Type } from '@nestjs/common';
import { ConsoleLogger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { Metrics, PublicAddress } from '@linekeeper/application';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { addBodyParsers, BODY_LIMIT } from './http/body-parser';
import { addBounds, answerBroken, REQUEST_TIMEOUT_MS, SERVER_BOUNDS } from './http/bounds';
import { addLoopbackOnly } from './http/loopback';
import { ProblemFilter } from './http/problem.filter';
import { addSecurityHeaders, isDocs } from './http/security-headers';
import { addPage } from './dashboard/page';
import { countRequests } from './metrics/count-requests';
import { openApiOf } from './openapi';

export interface AppOptions {
  readonly logLevel: LogLevel;
  /** Addresses, also as CIDR blocks, whose X-Forwarded-For is believed; none: nobody's. */
  readonly trustedProxies: readonly string[];
  /** Whether it serves the page and the documentation too; a worker does not. */
  readonly pages?: boolean;
}

/** Bodies are checked by zod. Fastify would load compilers of its own for schemas that no route has. */
const noSchemas = (): never => {
  throw new Error('A route with a schema of Fastify');
};
const NO_SCHEMAS = {
  compilersFactory: { buildValidator: () => noSchemas, buildSerializer: () => noSchemas },
};

/** The Nest application on Fastify, with everything that is not a controller. It does not listen yet. */
export async function createApp(
  module: Type | DynamicModule,
  { logLevel, trustedProxies, pages = true }: AppOptions,
): Promise<NestFastifyApplication> {
  const problems = new ProblemFilter(null);
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    http: SERVER_BOUNDS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    clientErrorHandler: answerBroken,
    schemaController: NO_SCHEMAS,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    // When the process stops, requests under way are finished and only idle connections are cut.
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
    // What the router refuses comes past Nest and every hook.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      addCommonHeaders(request, reply);
      problems.answer(error, request, reply);
    },
  });
  const logger = new ConsoleLogger({ json: true, logLevels: levelsFrom(logLevel) });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bodyParser: false,
    logger,
  });
  const server = adapter.getInstance();
  server.addHook('onRequest', (request, reply, done) => {
    addCommonHeaders(request, reply);
    done();
  });
  countRequests(server, app.get(Metrics));
  addSecurityHeaders(server, app.get(PublicAddress).isSecure);
  addBounds(server);
  addLoopbackOnly(server, isDocs);
  addBodyParsers(server);
  if (!pages) return app;
  await addPage(server);
  SwaggerModule.setup('docs', app, () => openApiOf(app), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
  });
  return app;
}

function addCommonHeaders(request: FastifyRequest, reply: FastifyReply): void {
  void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
}

const LEVELS: readonly LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'];

function levelsFrom(least: LogLevel): LogLevel[] {
  return LEVELS.slice(0, LEVELS.indexOf(least) + 1);
}
