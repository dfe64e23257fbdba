export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface Call {
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A plain HTTP client that never throws for a status. */
export class Http {
  constructor(
    readonly url: string,
    readonly bearer: string | null = null,
  ) {}

  get<T>(path: string, call: Call = {}): Promise<Answer<T>> {
    return this.send('GET', path, undefined, call);
  }

  post<T>(path: string, body: unknown = {}, call: Call = {}): Promise<Answer<T>> {
    return this.send('POST', path, JSON.stringify(body), call);
  }

  put<T>(path: string, body: unknown, call: Call = {}): Promise<Answer<T>> {
    return this.send('PUT', path, JSON.stringify(body), call);
  }

  patch<T>(path: string, body: unknown, call: Call = {}): Promise<Answer<T>> {
    return this.send('PATCH', path, JSON.stringify(body), call);
  }

  delete<T>(path: string, call: Call = {}): Promise<Answer<T>> {
    return this.send('DELETE', path, undefined, call);
  }

  /** A body exactly as given. */
  async send<T>(
    method: string,
    path: string,
    body: string | undefined,
    { key = this.bearer, headers = {} }: Call = {},
  ): Promise<Answer<T>> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson ? JSON.parse(text) : text) as T,
    };
  }
}

/** The body of an answer that must be good. */
export async function ok<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { status, body } = await answer;
  if (status >= 400) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body;
}
