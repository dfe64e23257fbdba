import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { attachmentRoutes } from './attachments';
import { auditRoutes } from './audits';
import { blocklistRoutes } from './blocklist';
import { capabilityRoutes } from './capability';
import { chatRoutes } from './chats';
import { contactCardRoutes } from './contact-cards';
import { type Api, setTrace, traceOf } from './context';
import { errorBody, isClientError, LinqError } from './errors';
import { registerFaults } from './faults-hook';
import { lineRoutes } from './lines';
import { locationRoutes } from './location';
import { memberRoutes } from './members';
import { messageRoutes } from './messages';
import { sendRoutes } from './send-routes';
import { subscriptionRoutes } from './subscriptions';
import { voiceMemoRoutes } from './voice-memos';

const ROUTES = [
  sendRoutes,
  chatRoutes,
  memberRoutes,
  messageRoutes,
  voiceMemoRoutes,
  attachmentRoutes,
  locationRoutes,
  capabilityRoutes,
  blocklistRoutes,
  lineRoutes,
  contactCardRoutes,
  auditRoutes,
  subscriptionRoutes,
];

/** The partner API under /api/partner/v3. */
export function registerApi(app: FastifyInstance, api: Api, token: string): void {
  const { world, stepper } = api;
  app.register(
    (routes, _options, done) => {
      routes.addHook('onRequest', (request, reply, next) => {
        const trace = world.chance.hex(32);
        setTrace(request, trace);
        void reply.header('x-trace-id', trace);
        if (request.headers.authorization !== `Bearer ${token}`) {
          throw new LinqError(401, 2004, 'Unauthorized - missing or invalid authentication token');
        }
        world.origin = `http://${request.headers.host ?? '127.0.0.1'}`;
        next();
      });
      routes.addHook('onResponse', (_request, _reply, next) => {
        stepper.nudge();
        next();
      });
      routes.setErrorHandler((error, request, reply) => answerError(error, request, reply));
      routes.setNotFoundHandler((request, reply) =>
        answerError(new LinqError(404, 1003, 'There is no such endpoint'), request, reply),
      );
      registerFaults(routes, world);
      for (const register of ROUTES) register(routes, api);
      done();
    },
    { prefix: '/api/partner/v3' },
  );
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const known =
    error instanceof LinqError
      ? error
      : isClientError(error)
        ? new LinqError(400, 1003, 'The body is malformed')
        : new LinqError(500, 3006, 'Internal server error');
  if (known.status === 500 && !(error instanceof LinqError)) console.error(error);
  if (known.retryAfter !== null) void reply.header('retry-after', String(known.retryAfter));
  void reply.status(known.status).send(errorBody(known, traceOf(request)));
}
