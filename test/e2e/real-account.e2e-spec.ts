import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import LinqAPIV3 from '@linqapp/sdk';
import { createTestDatabase, type TestDatabase } from '../support/database';
import {
  type LineAnswer,
  lineNumbers,
  linesOf,
  onboard,
  personNumber,
  raiseMatureFleet,
} from '../support/fleet';
import { Http, ok } from '../support/http';
import { ADMIN_KEY, freePort } from '../support/service';
import { TestSimulator } from '../support/simulator';
import { Start } from '../support/start';

const LINES = lineNumbers(3);
const reason = 'a real account';
const RETRY_MS = 100;
/** Longer than the two minutes for which the lease of a killed process holds a job up. */
const MAX_TRIES = 300;

jest.setTimeout(200_000);

/** The simulator stands for the account; the product is told nothing of that. */
describe('With the key of a real account', () => {
  let simulator: TestSimulator;
  let database: TestDatabase;
  let dataDir: string;
  let settings: Record<string, string>;
  let product: Start;
  let admin: Http;
  let sdk: LinqAPIV3;

  const start = async (): Promise<void> => {
    product = await Start.run(settings, []);
    await product.up();
    admin = new Http(product.url, ADMIN_KEY);
  };
  const subscriptions = async (): Promise<string[]> =>
    (await sdk.webhookSubscriptions.list()).subscriptions.map(({ id }) => id);

  beforeAll(async () => {
    simulator = await TestSimulator.start({ start: new Date().toISOString(), lines: LINES });
    database = await createTestDatabase();
    dataDir = await mkdtemp(join(tmpdir(), 'linekeeper-real-'));
    sdk = new LinqAPIV3({ apiKey: simulator.token, baseURL: simulator.apiUrl });
    const port = await freePort();
    settings = {
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      DATA_DIR: dataDir,
      DATABASE_URL: database.url,
      ADMIN_KEY,
      LINQ_API_KEY: simulator.token,
      LINQ_BASE_URL: simulator.apiUrl,
    };
    await start();
  });

  afterAll(async () => {
    await product.kill('SIGTERM');
    await simulator.stop();
    await database.drop();
    await rm(dataDir, { recursive: true });
  });

  /** The heartbeat may be running the job: then it is run after that. */
  const runJob = async (name: string): Promise<void> => {
    for (let tries = 1; ; tries += 1) {
      const answer = await admin.post<{ code?: string }>(`/v1/admin/jobs/${name}/run`, { reason });
      if (answer.body.code !== 'job.running' || tries === MAX_TRIES) {
        await ok(Promise.resolve(answer));
        return;
      }
      await setTimeout(RETRY_MS);
    }
  };

  /** What the provider has to tell is delivered and processed. */
  const settled = async (): Promise<void> => {
    await simulator.advance(1);
    await runJob('drain-inbox');
  };

  it('tells no story, starts no simulator, and says that it only observes', async () => {
    await product.says('everything only observes until you say otherwise');
    expect(product.output).not.toContain('Simulator');
  });

  it('lets every actuator observe', async () => {
    const { actuators } = await ok(
      admin.get<{ actuators: Record<string, string> }>('/v1/admin/fleet'),
    );
    expect(new Set(Object.values(actuators))).toEqual(new Set(['observe']));
  });

  it('subscribes to the events once, and adopts that after a kill', async () => {
    const first = await subscriptions();
    expect(first).toHaveLength(1);
    await product.kill('SIGKILL');
    await start();
    expect(await subscriptions()).toEqual(first);
  });

  it('subscribes anew when the subscription has vanished', async () => {
    const [vanished] = await subscriptions();
    await sdk.webhookSubscriptions.delete(vanished!);
    await runJob('poll-lines');
    const [renewed, ...others] = await subscriptions();
    expect(others).toEqual([]);
    expect(renewed).not.toBe(vanished);
  });

  it('counts what happens, and moves nobody when a line is flagged', async () => {
    const service = { admin, app: admin };
    await raiseMatureFleet(service);
    const { assignment } = await onboard(service, personNumber(1));
    const own = assignment.line.phoneNumber;
    const lineNow = async (): Promise<LineAnswer | undefined> =>
      (await linesOf(service)).find(({ phoneNumber }) => phoneNumber === own);

    await simulator.text(personNumber(1), own, 'hello');
    await settled();
    expect(await lineNow()).toMatchObject({ usedLast24h: 1, users: 1 });

    await ok(simulator.control.post(`/lines/${own}/status`, { status: 'FLAGGED' }));
    await settled();
    await runJob('run-failovers');
    expect(await lineNow()).toMatchObject({ health: 'ejected', users: 1 });
    const { data: failovers } = await ok(
      admin.get<{ data: { lineId: string; state: string }[] }>('/v1/admin/failovers'),
    );
    expect(failovers).toMatchObject([{ lineId: assignment.line.id, state: 'planned' }]);
  });

  it('starts although the account does not answer, and subscribes when it does', async () => {
    await product.kill('SIGTERM');
    for (const id of await subscriptions()) await sdk.webhookSubscriptions.delete(id);
    const deaf = `http://127.0.0.1:${await freePort()}/api/partner`;
    product = await Start.run({ ...settings, LINQ_BASE_URL: deaf }, []);
    await product.says('not subscribed to yet');
    await product.up();
    expect(await product.isReady()).toBe(true);
    await product.kill('SIGTERM');
    await start();
    expect(await subscriptions()).toHaveLength(1);
  });
});
