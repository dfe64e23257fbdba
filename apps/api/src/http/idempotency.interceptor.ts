import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Clock, Digest, Refusal, SecretBox, UnitOfWork } from '@linekeeper/application';
import type { FastifyReply } from 'fastify';
import { from, lastValueFrom, type Observable, of } from 'rxjs';
import type { AuthenticatedRequest } from './principal';

const IDEMPOTENT = 'linekeeper:idempotent';

/** A POST that honours the Idempotency-Key header: the same key and request get the first answer again. */
export const Idempotent = () => SetMetadata(IDEMPOTENT, true);

/**
 * Keeps the answer of a request under (caller, key) for 24 hours. The key is claimed before the work begins, so
 * two at once never both do it; a refusal or fault gives the key back, so that the caller may mend and try again.
 * An answer may hold what is shown once only, a new API key or a reservation's code, so it is kept encrypted.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly digest: Digest,
    private readonly box: SecretBox,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const key = request.headers['idempotency-key'];
    if (!this.reflector.get<boolean>(IDEMPOTENT, context.getHandler()) || key === undefined) {
      return next.handle();
    }
    if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
      throw new Refusal('request.invalid', 'Idempotency-Key: 1 to 255 visible characters');
    }
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return from(this.once(`${request.principal?.id}:${key}`, request, reply, next));
  }

  private async once(
    key: string,
    request: AuthenticatedRequest,
    reply: FastifyReply,
    next: CallHandler,
  ): Promise<unknown> {
    const records = this.unitOfWork.read.idempotency;
    const hash = this.digest.sha256(
      `${request.method} ${request.url} ${JSON.stringify(request.body)}`,
    );
    const earlier = await records.claim(key, hash, this.clock.now());
    if (earlier) {
      if (earlier.requestHash !== hash) {
        throw new Refusal('idempotency.mismatch', 'The key stands for another request');
      }
      if (earlier.status === null) {
        throw new Refusal('idempotency.in_progress', 'Try again in a moment', {
          retryAfterSeconds: 1,
        });
      }
      void reply.status(earlier.status).header('idempotency-replayed', 'true');
      return lastValueFrom(of(this.opened(earlier.response, key)));
    }
    try {
      const answer: unknown = await lastValueFrom(next.handle());
      const kept = this.box.seal(JSON.stringify(answer ?? {}), purposeOf(key));
      await records.answer(key, reply.statusCode, kept);
      return answer;
    } catch (error) {
      await records.forget(key);
      throw error;
    }
  }

  /** Answers that were kept before there was encryption are kept as they are. */
  private opened(kept: unknown, key: string): unknown {
    if (typeof kept !== 'string') return kept;
    const opened = this.box.open(kept, purposeOf(key));
    if (opened) return JSON.parse(opened.plain) as unknown;
    throw new Refusal('service.unavailable', 'SECRETS_KEY does not open the answer that was kept');
  }
}

const purposeOf = (key: string): string => `idempotent-answer:${key}`;
