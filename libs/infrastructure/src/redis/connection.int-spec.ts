import type { Redis } from 'ioredis';
import { redisServerPath, TestRedis } from '../../../../test/support/redis';
import { connectRedis, reachRedis } from './connection';

const leftOut = redisServerPath === undefined ? ' (left out: no redis-server is installed)' : '';
const suite = redisServerPath === undefined ? describe.skip : describe;

suite(`A connection to Redis${leftOut}`, () => {
  let server: TestRedis;
  let redis: Redis;

  beforeEach(async () => {
    server = await TestRedis.start();
    redis = connectRedis(server.url);
    await reachRedis(redis, 5_000);
  });

  afterEach(async () => {
    redis.disconnect();
    await server.stop();
  });

  const holdUpThisProcess = (ms: number): void => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  };

  it('takes no busy process for a slow Redis: an answer that is there is read', async () => {
    const answers = [redis.set('a', '1'), redis.pipeline().get('a').exec()];
    // The commands are on their way; now nothing here runs for longer than a command may take.
    await new Promise(setImmediate);
    holdUpThisProcess(200);
    expect(await Promise.all(answers)).toEqual(['OK', [[null, '1']]]);
  });

  it('gives up on a Redis that does not answer', async () => {
    await server.hold();
    await expect(redis.get('a')).rejects.toThrow('Redis did not answer in time');
    server.letGo();
    expect(await redis.ping()).toBe('PONG');
  });

  it('fails at once while there is no Redis', async () => {
    await server.kill();
    await expect(redis.get('a')).rejects.toThrow();
  });
});
