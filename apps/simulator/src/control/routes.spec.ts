import fastify from 'fastify';
import type { Control } from './context';
import { registerControl } from './routes';

describe('The control surface', () => {
  const statusFor = async (remoteAddress: string): Promise<number> => {
    const app = fastify();
    const stepper = { nudge: () => undefined };
    const world = { clock: { now: () => 0, currentSpeed: 1 } };
    registerControl(app, { world, stepper } as unknown as Control);
    const answer = await app.inject({ url: '/__sim/clock', remoteAddress });
    return answer.statusCode;
  };

  it.each(['127.0.0.1', '127.0.0.2', '::1', '::ffff:127.0.0.1'])('answers %s', async (address) => {
    expect(await statusFor(address)).toBe(200);
  });

  it.each(['10.0.0.5', '172.18.0.3', '::ffff:10.0.0.5', '127.0.0.1.example'])(
    'answers nothing to %s',
    async (address) => {
      expect(await statusFor(address)).toBe(403);
    },
  );
});
