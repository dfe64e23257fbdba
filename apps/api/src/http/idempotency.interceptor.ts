import {
  applyDecorators,
  type CallHandler,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  Logger,
  type NestInterceptor,
  SetMetadata,
  UseInterceptors,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Clock, Digest, Refusal, SecretBox, UnitOfWork } from '@linekeeper/application';
import type { FastifyReply } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import type { AuthenticatedRequest } from './principal';

const ASKED_ANEW = 'linekeeper:asked-anew';

/**
 * A POST that honours the Idempotency-Key header: the same key and request get the first answer again. With `askAnew` they are
 * asked again under the same work id: for what may no longer be so, and is made once by that id.
 */
export const Idempotent = ({ askAnew = false }: { readonly askAnew?: boolean } = {}) =>
  applyDecorators(SetMetadata(ASKED_ANEW, askAnew), UseInterceptors(IdempotencyInterceptor));

interface NamedRequest extends AuthenticatedRequest {
  workId?: string;
}

/**
 * A UUID that stands for (caller, key, request): what the work makes gets it, so that a repetition whose first answer
 * was lost in a crash finds what was made. Undefined without an Idempotency-Key.
 */
export const WorkId = createParamDecorator(
  (_: unknown, context: ExecutionContext): string | undefined =>
    context.switchToHttp().getRequest<NamedRequest>().workId,
);

/**
 * Keeps the answer of a request under (caller, key) for 24 hours. The key is claimed before the work begins, so
 * two at once never both do it; a refusal or fault gives the key back, so that the caller may mend and try again.
 * Work that was done is never given back: if its answer cannot be kept, a repetition finds the work by its id. An
 * answer may hold what is shown once only, a new API key or a reservation's code, so it is kept encrypted.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  private readonly logger = new Logger('Idempotency');

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
    if (key === undefined) return next.handle();
    if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
      throw new Refusal('request.invalid', 'Idempotency-Key: 1 to 255 visible characters');
    }
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const askAnew = this.reflector.get<boolean>(ASKED_ANEW, context.getHandler());
    return from(this.once(`${request.principal?.id}:${key}`, request, reply, next, askAnew));
  }

  private async once(
    key: string,
    request: NamedRequest,
    reply: FastifyReply,
    next: CallHandler,
    askAnew: boolean,
  ): Promise<unknown> {
    const records = this.unitOfWork.read.idempotency;
    const hash = this.digest.sha256(
      `${request.method} ${request.url} ${JSON.stringify(request.body)}`,
    );
    const earlier = await records.claim(key, hash, this.clock.now());
    request.workId = uuidFrom(this.digest.keyed(`work:${key}:${hash}`));
    if (earlier) {
      if (earlier.requestHash !== hash) {
        throw new Refusal('idempotency.mismatch', 'The key stands for another request');
      }
      if (earlier.status === null) {
        throw new Refusal('idempotency.in_progress', 'Try again in a moment', {
          retryAfterSeconds: 1,
        });
      }
      if (askAnew) return lastValueFrom(next.handle());
      void reply.status(earlier.status).header('idempotency-replayed', 'true');
      return this.opened(earlier.response, key);
    }
    const answer = await this.work(key, next);
    // What is asked anew is only remembered to have been done.
    const kept = this.box.seal(JSON.stringify((askAnew ? null : answer) ?? {}), purposeOf(key));
    await records.answer(key, reply.statusCode, kept).catch((error: unknown) => {
      this.logger.error(
        { what: 'An answer could not be kept for repetitions', requestId: request.id },
        error instanceof Error ? error.stack : String(error),
      );
    });
    return answer;
  }

  private async work(key: string, next: CallHandler): Promise<unknown> {
    try {
      return (await lastValueFrom(next.handle())) as unknown;
    } catch (error) {
      await this.unitOfWork.read.idempotency.forget(key);
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
/** A UUID of version 8, the one for bits of one's own, out of a digest in hex. */
function uuidFrom(hex: string): string {
  const part = (from: number, to: number): string => hex.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-8${part(13, 16)}-8${part(17, 20)}-${part(20, 32)}`;
}
