import { formOf } from './form';

/** What to ask of V2, under its base. */
export interface V2Request {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: readonly (readonly [string, string])[];
  readonly json?: object;
  readonly form?: Readonly<Record<string, string>>;
  /** For the whole answer, its body too. */
  readonly timeoutMs: number;
}

/** An answer that is no success. */
export class V2Refusal extends Error {
  constructor(
    readonly status: number,
    readonly headers: Headers,
    /** Parsed JSON, or null for anything else. */
    readonly body: unknown,
  ) {
    super(`The provider answered ${status}`);
  }
}

/** V2 over HTTP, which has no SDK. It asks once; whoever asks decides what a failure means. */
export class V2Client {
  constructor(
    private readonly base: string,
    private readonly token: string,
  ) {}

  /** The parsed answer, or null when it has no JSON. Throws {@link V2Refusal}, or what fetch throws. */
  async ask({ method, path, query = [], json, form, timeoutMs }: V2Request): Promise<unknown> {
    const search = new URLSearchParams(
      query.map(([name, value]): [string, string] => [name, value]),
    );
    const tail = query.length === 0 ? '' : `?${search.toString()}`;
    const response = await fetch(`${this.base}/v2${path}${tail}`, {
      method,
      ...contentOf(json, form, this.token),
      // A redirect would carry the token elsewhere and can turn a POST into a GET.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const body = parsed(await response.text());
    if (!response.ok) throw new V2Refusal(response.status, response.headers, body);
    return body;
  }
}

function contentOf(
  json: object | undefined,
  form: Readonly<Record<string, string>> | undefined,
  token: string,
): { headers: Record<string, string>; body?: string } {
  const headers = { accept: 'application/json', 'x-linq-integration-token': token };
  if (form) {
    const { body, contentType } = formOf(form);
    return { body, headers: { ...headers, 'content-type': contentType } };
  }
  if (!json) return { headers };
  return {
    body: JSON.stringify(json),
    headers: { ...headers, 'content-type': 'application/json' },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
