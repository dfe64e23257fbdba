import { ProviderProblem, type ProviderProblemKind } from '@linekeeper/application';
import { APIConnectionError, APIError, LinqAPIV3Error } from '@linqapp/sdk';
import { z } from 'zod';
import { neverConnected } from './connection';
import { retryAfterOf } from './retry-after';

/** The kind for calls whose answer never came or came from a broken server: a send may have been accepted. */
type LostAnswer = 'unknown-fate' | 'unavailable';

/** The answer was a success and yet not what was promised. */
export class UnexpectedAnswer extends Error {}

/** Linq's codes in our words, for those that mean something of their own, whatever HTTP status they come with. */
const KIND_BY_CODE: ReadonlyMap<number, ProviderProblemKind> = new Map([
  [1001, 'invalid'],
  [1002, 'invalid'],
  [1003, 'invalid'],
  [1004, 'invalid'],
  [1005, 'invalid'],
  [1006, 'invalid'],
  [1007, 'rate-limited'],
  [1008, 'invalid'],
  [2001, 'not-found'],
  [2002, 'not-found'],
  [2003, 'not-found'],
  [2004, 'unauthorized'],
  [2005, 'unauthorized'],
  [2006, 'line-not-ours'],
  [2007, 'try-again'],
  [2008, 'recipient-not-allowed'],
  [2009, 'try-again'],
  [2010, 'not-found'],
  [2011, 'invalid'],
  [2012, 'not-found'],
  // The line has left the chat: for us that thread is gone.
  [2013, 'not-found'],
  [2014, 'invalid'],
  [2015, 'no-line'],
  [2016, 'invalid'],
  [2017, 'invalid'],
  [2018, 'invalid'],
  [2019, 'not-found'],
  [2021, 'not-found'],
  [2022, 'try-again'],
  [2023, 'invalid'],
  [2024, 'recipient-opted-out'],
  [2026, 'recipient-blocked'],
  [2027, 'line-ineligible'],
  [4005, 'invalid'],
]);

/** The part of Linq's error body that is relied on. */
const ERROR_BODY = z.object({
  error: z
    .object({
      code: z.int().nullish().catch(null),
      retry_after: z.number().nonnegative().nullish().catch(null),
    })
    .nullish()
    .catch(null),
  trace_id: z.string().nullish().catch(null),
});

/**
 * What a failed call means for us, by the code in its body and never by its text. The text we make holds nothing
 * of the provider's, because that quotes phone numbers.
 */
export function problemOf(error: unknown, onLostAnswer: LostAnswer): ProviderProblem {
  if (error instanceof ProviderProblem) return error;
  if (error instanceof APIError && error.status !== undefined) {
    return refusalOf(error as APIError, onLostAnswer);
  }
  if (error instanceof UnexpectedAnswer) return problem(onLostAnswer, error.message);
  // The SDK checks the parts of a path itself, before anything is sent.
  if (error instanceof LinqAPIV3Error && !(error instanceof APIError)) {
    return problem('invalid', 'The provider cannot be asked like this');
  }
  return neverArrived(error)
    ? problem('unavailable', 'The provider could not be reached')
    : problem(onLostAnswer, 'The provider gave no whole answer in time');
}

/** A refusal after a try of unknown fate proves nothing about that try: it may have been accepted all the same. */
export function inDoubt(last: ProviderProblem): ProviderProblem {
  if (last.kind === 'unknown-fate') return last;
  return new ProviderProblem(
    'unknown-fate',
    `An earlier try may have been accepted; then: ${last.message}`,
    last.code,
    last.retryAfterSeconds,
    last.traceId,
  );
}

function refusalOf(error: APIError, onLostAnswer: LostAnswer): ProviderProblem {
  const status = error.status ?? 0;
  const body = ERROR_BODY.safeParse(error.error).data;
  const code = body?.error?.code ?? null;
  const kind = code === null ? undefined : KIND_BY_CODE.get(code);
  const told = body?.error?.retry_after ?? null;
  return new ProviderProblem(
    kind ?? kindByStatus(status, code, onLostAnswer),
    `The provider answered ${status}${code === null ? '' : ` with code ${code}`}`,
    code,
    told === null ? retryAfterOf(error.headers) : Math.ceil(told),
    body?.trace_id ?? error.headers?.get('x-trace-id') ?? null,
  );
}

function kindByStatus(
  status: number,
  code: number | null,
  onLostAnswer: LostAnswer,
): ProviderProblemKind {
  if (status >= 500 || status === 408) return onLostAnswer;
  if (status === 401 || status === 403) return 'unauthorized';
  // Without Linq's code it is not Linq that misses something, but a wrong address or a proxy that answers.
  if (status === 404) return code === null ? 'unavailable' : 'not-found';
  if (status === 409) return 'try-again';
  if (status === 429) return 'rate-limited';
  return status >= 400 ? 'invalid' : 'unavailable';
}

function problem(kind: ProviderProblemKind, message: string): ProviderProblem {
  return new ProviderProblem(kind, message, null, null, null);
}

/** True when no connection came about, so that the provider cannot have seen the request. */
function neverArrived(error: unknown): boolean {
  return error instanceof APIConnectionError && neverConnected(error.cause);
}
