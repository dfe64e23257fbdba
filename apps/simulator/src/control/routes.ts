import type { FastifyInstance } from 'fastify';
import { isClientError } from '../api/errors';
import { bookRoutes } from './books';
import { clockRoutes } from './clock';
import { BadControl, type Control } from './context';
import { faultRoutes } from './faults';
import { lineKnobs } from './lines';
import { peopleRoutes } from './people';

const LOOPBACK = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/;

/** What tests and demonstrations reach into the world with: from the machine itself, whoever else may call the API. */
export function registerControl(app: FastifyInstance, control: Control): void {
  app.register(
    (routes, _options, done) => {
      routes.setErrorHandler((error, _request, reply) => {
        const bad = error instanceof BadControl || isClientError(error);
        const text = error instanceof Error ? error.message : 'failed';
        void reply.status(bad ? 400 : 500).send({ error: text });
      });
      routes.addHook('onRequest', (request, reply, next) => {
        if (LOOPBACK.test(request.socket.remoteAddress ?? '')) next();
        else
          void reply.status(403).send({ error: 'only from the machine of the simulator itself' });
      });
      routes.addHook('onResponse', (_request, _reply, next) => {
        control.stepper.nudge();
        next();
      });
      bookRoutes(routes, control);
      lineKnobs(routes, control);
      peopleRoutes(routes, control);
      faultRoutes(routes, control);
      clockRoutes(routes, control);
      done();
    },
    { prefix: '/__sim' },
  );
}
