import { STATUS_CODES } from 'node:http';
import type { ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import { Refusal, type RefusalCode } from '@linekeeper/application';
import type { FastifyInstance } from 'fastify';
import { problemOf } from './problem';

/** A request, headers and body together, arrives within this or not at all: a slow sender holds a connection no longer. */
export const REQUEST_TIMEOUT_MS = 10_000;
/** How often connections are looked at; Node's own 30 s would let a slow sender stay for four times its time. */
const CHECK_EVERY_MS = 1_000;
/** All headers together; the longest that is of use to us is a key of 256 characters. */
const MAX_HEADER_BYTES = 16_384;
/** Browsers send about twenty. */
const MAX_HEADERS = 100;

/** For Node's server: bounds that hold before a request reaches the application. */
export const SERVER_BOUNDS: ServerOptions = {
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: REQUEST_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: CHECK_EVERY_MS,
};

/** Refuses what the server lets through and the application should not read. */
export function addBounds(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _reply, done) => {
    if (request.raw.rawHeaders.length > MAX_HEADERS * 2) {
      done(new Refusal('request.headers_too_large', `At most ${MAX_HEADERS} headers`));
      return;
    }
    // Nothing is ever unpacked here, so a few bytes never become many.
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
      done(new Refusal('request.unsupported_media_type', 'Send the body without Content-Encoding'));
      return;
    }
    done();
  });
}

const BROKEN: Readonly<Record<string, readonly [RefusalCode, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [
    'request.timeout',
    `The whole request must arrive within ${REQUEST_TIMEOUT_MS / 1_000} seconds`,
  ],
  HPE_HEADER_OVERFLOW: [
    'request.headers_too_large',
    `All headers together may have ${MAX_HEADER_BYTES} bytes`,
  ],
};

/** Answers what never became a request, in the same form as all else, and closes the connection. */
export function answerBroken(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [code, detail] = BROKEN[error.code ?? ''] ?? ['request.malformed', 'This is not HTTP/1.1'];
  const problem = problemOf(code, detail);
  const body = JSON.stringify(problem);
  if (socket.writable) {
    socket.write(
      [
        `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
        'Content-Type: application/problem+json; charset=utf-8',
        `Content-Length: ${Buffer.byteLength(body)}`,
        'Connection: close',
        '',
        body,
      ].join('\r\n'),
    );
  }
  socket.destroy();
}
