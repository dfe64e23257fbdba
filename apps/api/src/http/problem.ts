import { REFUSALS, type RefusalCode } from '@linekeeper/application';
import { STATUSES } from './statuses';

/** An error answer as `application/problem+json` (RFC 9457) with our stable code. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly [extra: string]: unknown;
}

export function problemOf(
  code: RefusalCode,
  detail: string,
  extra: Readonly<Record<string, unknown>> = {},
): Problem {
  return {
    ...extra,
    type: `urn:linekeeper:problem:${code}`,
    title: REFUSALS[code],
    status: STATUSES[code],
    code,
    detail,
  };
}

/** A fault of ours: the caller learns the request id to report, and nothing about the inside. */
export function faultProblem(requestId: string): Problem {
  return {
    type: 'urn:linekeeper:problem:internal',
    title: 'Something went wrong on our side',
    status: 500,
    code: 'internal',
    detail: `The fault was logged under request ${requestId}`,
  };
}
