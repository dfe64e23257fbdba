import { Cluster } from '../support/cluster';
import { aMonth } from '../support/month';
import { redisServerPath, TestRedis } from '../support/redis';

jest.setTimeout(900_000);

const leftOut = redisServerPath === undefined ? ' (left out: no redis-server is installed)' : '';
const suite = redisServerPath === undefined ? describe.skip : describe;

/** Which process dies next: each in its turn, and not in the order in which they started. */
const ORDER = [1, 2, 0, 3];

suite(
  `A month of a fleet on two api and two worker processes, of which one is killed twice a day${leftOut}`,
  () => {
    let redis: TestRedis;
    let cluster: Cluster;

    afterAll(() => {
      expect(cluster.kills).toBeGreaterThan(15);
    });

    aMonth(async (database, simulator) => {
      redis = await TestRedis.start();
      cluster = await Cluster.start(database, simulator, redis);
      return {
        admin: cluster.admin,
        app: cluster.app,
        disturb: () => cluster.replace(ORDER[cluster.kills % ORDER.length] ?? 0),
        async stop() {
          await cluster.stop();
          await redis.stop();
        },
      };
    });
  },
);
