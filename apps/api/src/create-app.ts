import type { DynamicModule, LogLevel, Type } from '@nestjs/common';
import { ConsoleLogger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { Metrics } from '@linekeeper/application';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { addBodyParsers, BODY_LIMIT } from './http/body-parser';
import { ProblemFilter } from './http/problem.filter';
import { addPage } from './dashboard/page';
import { isDirectLoopback } from './http/loopback';
import { countRequests } from './metrics/count-requests';
import { openApiOf } from './openapi';

export interface AppOptions {
  readonly logLevel: LogLevel;
  /** Addresses whose X-Forwarded-For is believed; none: nobody's. */
  readonly trustedProxies: readonly string[];
  /** Whether it serves the page and the documentation too; a worker does not. */
  readonly pages?: boolean;
}

/** A slow sender holds a connection for no longer than this. */
const REQUEST_TIMEOUT_MS = 10_000;

/** The Nest application on Fastify, with everything that is not a controller. It does not listen yet. */
export async function createApp(
  module: Type | DynamicModule,
  { logLevel, trustedProxies, pages = true }: AppOptions,
): Promise<NestFastifyApplication> {
  const problems = new ProblemFilter();
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
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
  addBodyParsers(server);
  server.addHook('onRequest', (request, reply, done) => {
    addCommonHeaders(request, reply);
    if (isForLoopbackOnly(request.url) && !isDirectLoopback(request)) {
      void reply.status(404).send();
      return;
    }
    done();
  });
  countRequests(server, app.get(Metrics));
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

function isForLoopbackOnly(url: string): boolean {
  return url.startsWith('/docs') || url.startsWith('/openapi.');
}
