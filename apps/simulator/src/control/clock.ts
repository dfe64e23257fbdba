import type { FastifyInstance } from 'fastify';
import { instant } from '../wire';
import { BadControl, type Control, parse } from './context';
import * as schemas from './schemas';

/** The clock: looking at it, following it, moving it. */
export function clockRoutes(app: FastifyInstance, { world, stepper }: Control): void {
  const { clock } = world;
  const reading = (): object => ({
    now: instant(clock.now()),
    epochMs: clock.now(),
    speed: clock.currentSpeed,
    mode: stepper.isAdvancing ? 'stepping' : 'running',
  });

  app.get('/clock', () => reading());

  app.get<{ Querystring: { name?: string } }>('/clock/follow', (request, reply) => {
    const stream = reply.raw;
    stream.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const leave = clock.follow({
      name: request.query.name ?? 'unnamed',
      send: (tick) => stream.write(`data: ${JSON.stringify(tick)}\n\n`),
    });
    request.raw.once('close', leave);
    return reply.hijack();
  });

  app.post('/clock/ack', (request) => {
    const { name, id, nextDueAtEpochMs } = parse(schemas.ack, request.body);
    clock.acknowledge(name, id, nextDueAtEpochMs);
    return { ok: true };
  });

  app.post('/clock/stop', () => {
    stepper.requestStop();
    return reading();
  });

  app.post('/clock', async (request) => {
    const wanted = parse(schemas.clock, request.body);
    if ('speed' in wanted) {
      if (stepper.isAdvancing) throw new BadControl('The clock is being advanced');
      clock.setSpeed(wanted.speed);
      return reading();
    }
    if (stepper.isAdvancing) throw new BadControl('The clock is being advanced already');
    const target =
      'advanceTo' in wanted
        ? Date.parse(wanted.advanceTo)
        : clock.now() + Math.round(wanted.advanceSeconds * 1_000);
    if (target < clock.now()) throw new BadControl('The clock never goes back');
    const done = await stepper.advance(target, (wanted.quantumSeconds ?? 0) * 1_000);
    return { ...reading(), ...done };
  });
}
