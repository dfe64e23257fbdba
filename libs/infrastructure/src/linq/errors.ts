import { ProviderProblem, type ProviderProblemKind } from '@linekeeper/application';
import { APIConnectionError, APIError } from '@linqapp/sdk';

/** Linq's codes in our words, for those that mean something of their own. */
const KIND_BY_CODE: Readonly<Record<number, ProviderProblemKind>> = {
  1007: 'rate-limited',
  2001: 'not-found',
  2002: 'not-found',
  2004: 'unauthorized',
  2005: 'unauthorized',
  2006: 'line-not-ours',
  2007: 'try-again',
  2008: 'recipient-not-allowed',
  2009: 'try-again',
  2010: 'not-found',
  2012: 'not-found',
  2015: 'no-line',
  2019: 'not-found',
  2022: 'try-again',
  2024: 'recipient-opted-out',
  2026: 'recipient-blocked',
  2027: 'line-ineligible',
};

/** The part of Linq's error body that is relied on. */
interface ErrorBody {
  readonly error?: { readonly code?: unknown; readonly retry_after?: unknown };
  readonly trace_id?: unknown;
}

/**
 * What a failed call means for us, by the code in its body and never by its text. `onLostAnswer` is the kind for
 * calls whose answer never came or came from a broken server.
 */
export function problemOf(
  error: unknown,
  onLostAnswer: 'unknown-fate' | 'unavailable',
): ProviderProblem {
  if (error instanceof ProviderProblem) return error;
  if (error instanceof APIConnectionError) {
    return new ProviderProblem(onLostAnswer, 'The provider did not answer', null, null, null);
  }
  if (error instanceof APIError) {
    const body = (error.error ?? {}) as ErrorBody;
    const code = typeof body.error?.code === 'number' ? body.error.code : null;
    const status = typeof error.status === 'number' ? error.status : 500;
    const kind = (code === null ? undefined : KIND_BY_CODE[code]) ?? kindByStatus(status, onLostAnswer);
    return new ProviderProblem(
      kind,
      `The provider answered ${status}${code === null ? '' : ` with code ${code}`}`,
      code,
      retryAfterOf(body, error.headers),
      typeof body.trace_id === 'string' ? body.trace_id : null,
    );
  }
  return new ProviderProblem(onLostAnswer, 'The provider could not be called', null, null, null);
}

function kindByStatus(
  status: number,
  onLostAnswer: 'unknown-fate' | 'unavailable',
): ProviderProblemKind {
  if (status >= 500 || status === 408) return onLostAnswer;
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 404) return 'not-found';
  if (status === 409) return 'try-again';
  return status === 429 ? 'rate-limited' : 'invalid';
}

function retryAfterOf(body: ErrorBody, headers: Headers | undefined): number | null {
  if (typeof body.error?.retry_after === 'number') return body.error.retry_after;
  const header = Number(headers?.get('retry-after') ?? Number.NaN);
  return Number.isFinite(header) ? header : null;
}
