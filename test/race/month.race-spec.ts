import { Cluster } from '../support/cluster';
import { aMonth } from '../support/month';
import { redisServerPath, TestRedis } from '../support/redis';
import { TestService } from '../support/service';

jest.setTimeout(900_000);

/** Which process dies next: each in its turn, and not in the order in which they started. */
const ORDER = [1, 2, 0, 3];

if (redisServerPath === undefined) {
  describe('A month of a fleet on one process, for want of a redis-server', () => {
    aMonth((database, simulator) => TestService.start(database, simulator));
  });
} else {
  describe('A month of a fleet on two api and two worker processes, of which one is killed on two days of three', () => {
    let redis: TestRedis;
    let cluster: Cluster;
    let days = 0;

    afterAll(() => {
      expect(cluster.kills).toBeGreaterThan(3);
    });

    aMonth(async (database, simulator) => {
      redis = await TestRedis.start();
      cluster = await Cluster.start(database, simulator, redis);
      return {
        admin: cluster.admin,
        app: cluster.app,
        async disturb() {
          days += 1;
          if (days % 3 !== 0) await cluster.replace(ORDER[cluster.kills % ORDER.length] ?? 0);
        },
        async stop() {
          await cluster.stop();
          await redis.stop();
        },
      };
    });
  });
}
