import { ProviderProblem, type ProviderProblemKind } from '@linekeeper/application';
import { APIConnectionError, APIError, LinqAPIV3Error } from '@linqapp/sdk';
import { z } from 'zod';

/** What was being asked of the provider; a `send` has a fate that can be unknown, anything else has not. */
export interface Call {
  readonly name: string;
  readonly isSend: boolean;
}

/** The answer was a success and yet not what was promised. */
export class UnexpectedAnswer extends Error {}

/** Linq's error codes that mean something of their own to us, whatever HTTP status they come with. */
const KIND_OF_CODE: ReadonlyMap<number, ProviderProblemKind> = new Map([
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
/** A conflict with the present state. On a send it says that no line may take the message. */
const CONFLICT = 2015;

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
 * Turns whatever a call threw into a problem in our words. The text names the call, the status and the code; what
 * the provider wrote is left out, because it quotes phone numbers.
 */
export function problemOf(error: unknown, call: Call): ProviderProblem {
  if (error instanceof ProviderProblem) return error;
  if (error instanceof APIError && error.status !== undefined) return refusal(error, call);
  if (isRefusedByTheSdk(error)) return problem('invalid', call, 'cannot be asked like this');
  if (neverArrived(error)) return problem('unavailable', call, 'could not be reached');
  if (error instanceof UnexpectedAnswer) return problem(unanswered(call), call, error.message);
  return problem(unanswered(call), call, 'gave no whole answer in time');
}

/** A refusal after a try of unknown fate proves nothing about that try: it may have been accepted all the same. */
export function inDoubt(last: ProviderProblem): ProviderProblem {
  if (last.kind === 'unknown-fate') return last;
  const message = `An earlier try may have been accepted; then: ${last.message}`;
  return new ProviderProblem(
    'unknown-fate',
    message,
    last.code,
    last.retryAfterSeconds,
    last.traceId,
  );
}

function refusal(error: APIError, call: Call): ProviderProblem {
  const status = error.status ?? 0;
  const body = ERROR_BODY.safeParse(error.error).data;
  const code = body?.error?.code ?? null;
  const kind =
    (code === null ? undefined : kindOfCode(code, call)) ?? kindOfStatus(status, code, call);
  return new ProviderProblem(
    kind,
    `${call.name}: the provider answered ${status}${code === null ? '' : ` with code ${code}`}`,
    code,
    retryAfter(body?.error?.retry_after ?? null, error.headers),
    body?.trace_id ?? error.headers?.get('x-trace-id') ?? null,
  );
}

function kindOfCode(code: number, call: Call): ProviderProblemKind | undefined {
  if (code === CONFLICT) return call.isSend ? 'no-line' : 'invalid';
  return KIND_OF_CODE.get(code);
}

function kindOfStatus(status: number, code: number | null, call: Call): ProviderProblemKind {
  if (status >= 500 || status === 408) return unanswered(call);
  if (status === 429) return 'rate-limited';
  if (status === 401 || status === 403) return 'unauthorized';
  // Without Linq's code it is not Linq that misses something, but a wrong address or a proxy that answers.
  if (status === 404) return code === null ? 'unavailable' : 'not-found';
  return status >= 400 ? 'invalid' : 'unavailable';
}

function unanswered(call: Call): ProviderProblemKind {
  return call.isSend ? 'unknown-fate' : 'unavailable';
}

function problem(kind: ProviderProblemKind, call: Call, what: string): ProviderProblem {
  return new ProviderProblem(kind, `${call.name}: the provider ${what}`, null, null, null);
}

/** The SDK checks path segments itself and throws before anything is sent. */
function isRefusedByTheSdk(error: unknown): boolean {
  return error instanceof LinqAPIV3Error && !(error instanceof APIError);
}

/** True when no connection came about, so that the provider cannot have seen the request. */
function neverArrived(error: unknown): boolean {
  if (!(error instanceof APIConnectionError)) return false;
  let cause: unknown = error.cause;
  // The reason lies under the errors of the SDK and of fetch; the bound guards against a ring of causes.
  for (let depth = 0; depth < 5 && cause instanceof Error; depth += 1) {
    if (isBeforeConnection(cause)) return true;
    cause = cause.cause;
  }
  return false;
}

function isBeforeConnection(error: Error): boolean {
  if (error instanceof AggregateError) {
    return error.errors.length > 0 && error.errors.every(failedToConnect);
  }
  return failedToConnect(error);
}

function failedToConnect(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { syscall, code } = error as NodeJS.ErrnoException;
  return syscall === 'connect' || syscall === 'getaddrinfo' || code === 'UND_ERR_CONNECT_TIMEOUT';
}

/** Whole seconds to wait, from the body or else the header; a date there is counted from the answer's own date. */
function retryAfter(fromBody: number | null, headers: Headers | undefined): number | null {
  if (fromBody !== null) return Math.ceil(fromBody);
  const value = headers?.get('retry-after')?.trim();
  if (!value) return null;
  if (/^\d{1,9}(?:\.\d+)?$/.test(value)) return Math.ceil(Number(value));
  const seconds = (Date.parse(value) - Date.parse(headers?.get('date') ?? '')) / 1_000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : null;
}
