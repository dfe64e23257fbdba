import type { FastifyInstance } from 'fastify';
import { isClientError } from '../api/errors';
import { bookRoutes } from './books';
import { clockRoutes } from './clock';
import { BadControl, type Control } from './context';
import { faultRoutes } from './faults';
import { lineKnobs } from './lines';
import { peopleRoutes } from './people';

/** What tests and demonstrations reach into the world with. */
export function registerControl(app: FastifyInstance, control: Control): void {
  app.register(
    (routes, _options, done) => {
      routes.setErrorHandler((error, _request, reply) => {
        const bad = error instanceof BadControl || isClientError(error);
        const text = error instanceof Error ? error.message : 'failed';
        void reply.status(bad ? 400 : 500).send({ error: text });
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
