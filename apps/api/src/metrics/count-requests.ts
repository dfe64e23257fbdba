import type { Metrics } from '@linekeeper/application';
import type { FastifyInstance } from 'fastify';

/** Counts and times every answer by its route pattern: addresses with ids in them would be endless. */
export function countRequests(server: FastifyInstance, metrics: Metrics): void {
  server.addHook('onResponse', (request, reply, done) => {
    const { method } = request;
    const route = request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
    const status = String(reply.statusCode);
    metrics.count('linekeeper_http_requests_total', { method, route, status });
    metrics.observe(
      'linekeeper_http_request_duration_seconds',
      { method, route },
      reply.elapsedTime / 1_000,
    );
    done();
  });
}
