import { LinqError } from '../api/errors';

/** The words of V2 for a status. Its codes are enumerated nowhere; these follow the one example (choice). */
const WORDS: Readonly<Record<number, readonly [code: string, title: string]>> = {
  400: ['bad_request', 'Bad request'],
  401: ['unauthorized', 'Unauthorized'],
  403: ['forbidden', 'Forbidden'],
  404: ['not_found', 'Not found'],
  422: ['unprocessable_entity', 'Unprocessable entity'],
  429: ['rate_limit_exceeded', 'Rate limit exceeded'],
  500: ['internal_server_error', 'Internal server error'],
  503: ['service_unavailable', 'Service unavailable'],
};
const UNNAMED = ['error', 'Error'] as const;

/** A refusal of V2: a status and, in words, what was wrong. */
export class V2Error extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

export const missing = (what: string): V2Error => new V2Error(404, `${what} not found`);
export const unprocessable = (text: string): V2Error => new V2Error(422, text);

/** How most of the API tells of an error. */
export function errorBody({ status, message }: V2Error): object {
  const [code, title] = WORDS[status] ?? UNNAMED;
  return { errors: [{ status, code, title, detail: message }] };
}

/** How contacts and webhook subscriptions do. */
export function flatErrorBody({ status, message }: V2Error): object {
  const [code, title] = WORDS[status] ?? UNNAMED;
  return { status, error_code: code, message: title, errors: [message] };
}

/**
 * Does what both versions do, under rules that speak V3. What those refuse with 400, 403 or 409 is a 422 here: V2 is
 * said to answer 401, 404, 422 and 429 (choice). Opt-outs, blocks and flagged lines can therefore not be told apart.
 */
export function byRulesOfV3<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof LinqError)) throw error;
    if (error.status === 429) throw limited(error);
    if (error.status === 404 || error.status >= 500) throw new V2Error(error.status, error.message);
    throw unprocessable(error.message);
  }
}

function limited({ retryAfter }: LinqError): V2Error {
  const seconds = retryAfter ?? 1;
  return new V2Error(
    429,
    `Rate limit exceeded. Please try again after ${seconds} seconds.`,
    seconds,
  );
}
