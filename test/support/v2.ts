import { type Answer, Http } from './http';
import type { TestSimulator } from './simulator';

/** A plain client of V2: its key in a header of its own, forms as well as JSON. */
export class V2Http {
  private readonly http: Http;

  constructor(
    simulator: TestSimulator,
    private readonly token = simulator.token,
  ) {
    this.http = new Http(`${simulator.apiUrl}/v2`);
  }

  get<T>(path: string): Promise<Answer<T>> {
    return this.send('GET', path);
  }

  post<T>(path: string, body?: object): Promise<Answer<T>> {
    return this.send('POST', path, body);
  }

  put<T>(path: string, body?: object): Promise<Answer<T>> {
    return this.send('PUT', path, body);
  }

  delete<T>(path: string): Promise<Answer<T>> {
    return this.send('DELETE', path);
  }

  /** A form: each entry is a name and a text or a file. */
  async form<T>(
    path: string,
    fields: readonly (readonly [string, string | File])[],
  ): Promise<Answer<T>> {
    const body = new FormData();
    for (const [name, value] of fields) body.append(name, value);
    const headers = { 'x-linq-integration-token': this.token };
    const response = await fetch(`${this.http.url}${path}`, { method: 'POST', headers, body });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as T,
    };
  }

  private send<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = { 'x-linq-integration-token': this.token };
    return this.http.send(method, path, text, { headers });
  }
}
