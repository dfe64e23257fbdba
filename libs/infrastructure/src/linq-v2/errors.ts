import { ProviderProblem, type ProviderProblemKind } from '@linekeeper/application';
import { z } from 'zod';
import { neverConnected } from '../linq/connection';
import { UnexpectedAnswer } from '../linq/errors';
import { retryAfterOf } from '../linq/retry-after';
import { V2Refusal } from './v2-client';

/** The kind for calls whose answer never came or came from a broken server: a send may have been accepted. */
type LostAnswer = 'unknown-fate' | 'unavailable';

/** The two forms of V2's error bodies, as far as they tell them from the page of a proxy. */
const ERROR_BODY = z.union([
  z.object({ errors: z.array(z.object({ status: z.union([z.int(), z.string()]) })).min(1) }),
  z.object({ error_code: z.unknown(), errors: z.array(z.unknown()) }),
]);

/**
 * What a failed call means for us, by its status alone: V2 enumerates no codes. That is less than V3 tells. One who
 * opted out, one who is blocked and a line that cannot send all read `invalid`, and none of them may be sent again.
 * The text we make holds nothing of the provider's, because that quotes phone numbers.
 */
export function problemOf(error: unknown, onLostAnswer: LostAnswer): ProviderProblem {
  if (error instanceof ProviderProblem) return error;
  if (error instanceof V2Refusal) {
    return new ProviderProblem(
      kindOf(error, onLostAnswer),
      error.message,
      null,
      retryAfterOf(error.headers),
      null,
    );
  }
  if (error instanceof UnexpectedAnswer) return problem(onLostAnswer, error.message);
  return neverConnected(error)
    ? problem('unavailable', 'The provider could not be reached')
    : problem(onLostAnswer, 'The provider gave no whole answer in time');
}

/** For what V2 cannot be asked. */
export function impossible(message: string): ProviderProblem {
  return problem('invalid', message);
}

function problem(kind: ProviderProblemKind, message: string): ProviderProblem {
  return new ProviderProblem(kind, message, null, null, null);
}

function kindOf({ status, body }: V2Refusal, onLostAnswer: LostAnswer): ProviderProblemKind {
  if (status >= 500 || status === 408) return onLostAnswer;
  if (status === 401 || status === 403) return 'unauthorized';
  // Not in the form of V2 it is not Linq that misses something, but a wrong address or a proxy that answers.
  if (status === 404) return ERROR_BODY.safeParse(body).success ? 'not-found' : 'unavailable';
  if (status === 409) return 'try-again';
  if (status === 429) return 'rate-limited';
  return status >= 400 ? 'invalid' : 'unavailable';
}
