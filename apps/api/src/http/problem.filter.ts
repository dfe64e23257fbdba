import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Inject,
  Logger,
} from '@nestjs/common';
import { Outages, Refusal, type RefusalCode } from '@linekeeper/application';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { faultProblem, problemOf, type Problem } from './problem';

/** What Fastify itself refuses, before or after it has found the route, by its own stable error codes. */
const FASTIFY_REFUSALS: Readonly<Record<string, RefusalCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'request.too_large',
  FST_ERR_CTP_INVALID_JSON_BODY: 'request.malformed',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'request.malformed',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'request.malformed',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'request.unsupported_media_type',
  FST_ERR_BAD_URL: 'request.url_malformed',
  FST_ERR_MAX_PARAM_LENGTH: 'request.url_too_long',
};

/** What Nest itself refuses, by status. */
const NEST_REFUSALS: Readonly<Record<number, RefusalCode>> = {
  400: 'request.malformed',
  404: 'route.not_found',
  405: 'method.not_allowed',
  413: 'request.too_large',
  415: 'request.unsupported_media_type',
};

/** Turns refusals into problem+json, an outage into a 503, and everything unknown into an opaque 500 with a logged cause. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  /** Null where nothing has reached the service yet. */
  constructor(@Inject(Outages) private readonly outages: Outages | null) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const problem = this.problemFor(error, request);
    const retryAfter = problem['retryAfterSeconds'];
    if (typeof retryAfter === 'number') void reply.header('retry-after', String(retryAfter));
    if (problem.status === 401) void reply.header('www-authenticate', 'Bearer');
    void reply
      .status(problem.status)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .send(JSON.stringify(problem));
  }

  private problemFor(error: unknown, request: FastifyRequest): Problem {
    if (error instanceof Refusal) return problemOf(error.code, error.detail, error.extra);
    const fastifyCode = FASTIFY_REFUSALS[codeOf(error)];
    if (fastifyCode !== undefined) return problemOf(fastifyCode, messageOf(error));
    if (error instanceof HttpException) {
      const code = NEST_REFUSALS[error.getStatus()];
      if (code !== undefined) return problemOf(code, error.message);
    }
    if (this.outages?.explains(error)) {
      this.logger.warn({ what: 'The database is away', requestId: request.id });
      const again = { retryAfterSeconds: 1 };
      return problemOf('service.unavailable', 'The database does not answer now', again);
    }
    this.logger.error(
      { requestId: request.id, method: request.method, route: request.routeOptions.url },
      error instanceof Error ? error.stack : messageOf(error),
    );
    return faultProblem(request.id);
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
