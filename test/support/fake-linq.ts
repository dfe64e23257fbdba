import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** As it came. */
  readonly text: string;
  /** Parsed, or null when it is no JSON. */
  readonly body: unknown;
}
export type FakeAnswer = (response: ServerResponse, asked: Asked) => void;

/** Answers requests in the order of its script; the last answer is given again and again. */
export class FakeLinq {
  readonly asked: Asked[] = [];
  private script: readonly FakeAnswer[] = [];
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const { method = '', url: path = '', headers } = request;
        const asked = { method, path, headers, text, body: parsed(text) };
        this.asked.push(asked);
        this.script[Math.min(this.asked.length, this.script.length) - 1]?.(response, asked);
      });
    });
  }

  /** The base URL of its partner API. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/api/partner`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  answers(...script: readonly FakeAnswer[]): void {
    this.asked.length = 0;
    this.script = script;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): FakeAnswer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
export const empty: FakeAnswer = (response) => response.writeHead(204).end();
export const hangUp: FakeAnswer = (response) => response.destroy();
export const silence: FakeAnswer = () => undefined;
/** What a proxy says. */
export const page: FakeAnswer = (response) =>
  response.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>');
/** Begins a good answer and never ends it. */
export const stall: FakeAnswer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"data":');
};
