import type { DynamicModule, LogLevel, Type } from '@nestjs/common';
import { ConsoleLogger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { PublicAddress } from '@linekeeper/application';
import { addBodyParsers, BODY_LIMIT } from './http/body-parser';
import { addBounds, answerBroken, REQUEST_TIMEOUT_MS, SERVER_BOUNDS } from './http/bounds';
import { addLoopbackOnly } from './http/loopback';
import { addSecurityHeaders, isDocs } from './http/security-headers';
import { addPage } from './dashboard/page';
import { openApiOf } from './openapi';

export interface AppOptions {
  readonly logLevel: LogLevel;
  /** Addresses, also as CIDR blocks, whose X-Forwarded-For is believed; none: nobody's. */
  readonly trustedProxies: readonly string[];
}

/** The Nest application on Fastify, with everything that is not a controller. It does not listen yet. */
export async function createApp(
  module: Type | DynamicModule,
  { logLevel, trustedProxies }: AppOptions,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    http: SERVER_BOUNDS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    clientErrorHandler: answerBroken,
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
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  await addSecurityHeaders(server, app.get(PublicAddress).isSecure);
  addBounds(server);
  addLoopbackOnly(server, isDocs);
  addBodyParsers(server);
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
