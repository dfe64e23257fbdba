import type { DynamicModule, LogLevel, Type } from '@nestjs/common';
import { ConsoleLogger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { Metrics } from '@linekeeper/application';
import { addBodyParsers, BODY_LIMIT } from './http/body-parser';
import { addPage } from './dashboard/page';
import { isDirectLoopback } from './http/loopback';
import { countRequests } from './metrics/count-requests';
import { openApiOf } from './openapi';

export interface AppOptions {
  readonly logLevel: LogLevel;
  /** Addresses whose X-Forwarded-For is believed; none: nobody's. */
  readonly trustedProxies: readonly string[];
}

/** A slow sender holds a connection for no longer than this. */
const REQUEST_TIMEOUT_MS = 10_000;

/** The Nest application on Fastify, with everything that is not a controller. It does not listen yet. */
export async function createApp(
  module: Type | DynamicModule,
  { logLevel, trustedProxies }: AppOptions,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
  });
  const logger = new ConsoleLogger({ json: true, logLevels: levelsFrom(logLevel) });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bodyParser: false,
    logger,
  });
  const server = adapter.getInstance();
  addBodyParsers(server);
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
    if (isForLoopbackOnly(request.url) && !isDirectLoopback(request)) {
      void reply.status(404).send();
      return;
    }
    done();
  });
  countRequests(server, app.get(Metrics));
  await addPage(server);
  SwaggerModule.setup('docs', app, () => openApiOf(app), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
  });
  return app;
}

const LEVELS: readonly LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'];

function levelsFrom(least: LogLevel): LogLevel[] {
  return LEVELS.slice(0, LEVELS.indexOf(least) + 1);
}

function isForLoopbackOnly(url: string): boolean {
  return url.startsWith('/docs') || url.startsWith('/openapi.');
}
