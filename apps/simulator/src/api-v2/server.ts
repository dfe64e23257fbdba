import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Api } from '../api/context';
import { isClientError, LinqError } from '../api/errors';
import { registerFaults } from '../api/faults-hook';
import { availabilityRoute } from './availability';
import { chatRoutes } from './chats';
import { lineAskedFor } from './context';
import { errorBody, flatErrorBody, V2Error } from './errors';
import { lineRoutes } from './lines';
import { messageRoutes } from './messages';
import { acceptForms } from './forms';
import { presenceRoutes } from './presence';
import { reactionRoutes } from './reactions';
import { sendRoutes } from './sends';
import { subscriptionRoutes } from './subscriptions';

const ROUTES = [
  sendRoutes,
  chatRoutes,
  presenceRoutes,
  messageRoutes,
  reactionRoutes,
  lineRoutes,
  availabilityRoute,
];

/** The legacy API under /api/partner/v2, on the same world. Contacts, an address book, are not served. */
export function registerApiV2(app: FastifyInstance, api: Api, token: string): void {
  const { world, stepper } = api;
  app.register(
    (routes, _options, done) => {
      acceptForms(routes);
      routes.addHook('onRequest', (request, _reply, next) => {
        if (request.headers['x-linq-integration-token'] !== token) {
          throw new V2Error(401, 'The header X-LINQ-INTEGRATION-TOKEN is missing or invalid');
        }
        world.origin = `http://${request.headers.host ?? '127.0.0.1'}`;
        next();
      });
      routes.addHook('onResponse', (_request, _reply, next) => {
        stepper.nudge();
        next();
      });
      routes.setErrorHandler(answerWith(api, errorBody));
      routes.setNotFoundHandler((request, reply) =>
        answerWith(api, errorBody)(new V2Error(404, 'There is no such endpoint'), request, reply),
      );
      registerFaults(routes, world, lineAskedFor);
      for (const register of ROUTES) register(routes, api);
      routes.register((apart, _ownOptions, ready) => {
        apart.setErrorHandler(answerWith(api, flatErrorBody));
        subscriptionRoutes(apart, api);
        ready();
      });
      done();
    },
    { prefix: '/api/partner/v2' },
  );
}

function answerWith({ world }: Api, shape: (error: V2Error) => object) {
  return (error: unknown, _request: FastifyRequest, reply: FastifyReply): void => {
    const known = knownOf(error);
    if (known.status === 500 && !(error instanceof LinqError)) console.error(error);
    // Of natural limits the header is published nowhere; a fault that was asked for has it as asked.
    const told = error instanceof LinqError || world.config.v2RetryAfter;
    if (told && known.retryAfter !== null) {
      void reply.header('retry-after', String(known.retryAfter));
    }
    void reply.status(known.status).send(shape(known));
  };
}

function knownOf(error: unknown): V2Error {
  if (error instanceof V2Error) return error;
  // Only the faults that were asked for throw these here; their status is as asked for.
  if (error instanceof LinqError) {
    return new V2Error(error.status, error.message, error.retryAfter);
  }
  if (isClientError(error)) return new V2Error(400, 'The body is malformed');
  return new V2Error(500, 'Internal server error');
}
