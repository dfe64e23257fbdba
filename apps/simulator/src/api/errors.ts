/** A refusal in Linq's words: HTTP status, code and text. */
export class LinqError extends Error {
  constructor(
    readonly status: number,
    readonly code: number,
    message: string,
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

export function errorBody(error: LinqError, traceId: string): object {
  return {
    success: false,
    error: {
      status: error.status,
      code: error.code,
      message: error.message,
      doc_url: `https://docs.linqapp.com/error/codes/${Math.floor(error.code / 1_000)}xxx/${error.code}/`,
      ...(error.retryAfter === null ? {} : { retry_after: error.retryAfter }),
    },
    trace_id: traceId,
  };
}

export const notFound = (code: number, what: string): LinqError =>
  new LinqError(404, code, `${what} not found`);

export const notOnThisService = (): LinqError =>
  new LinqError(409, 2017, 'Not supported on the service of this chat');

/** Whether the framework found fault with the request itself, such as a body that is no JSON. */
export function isClientError(error: unknown): boolean {
  const status = (error as { statusCode?: unknown }).statusCode;
  return typeof status === 'number' && status < 500;
}
