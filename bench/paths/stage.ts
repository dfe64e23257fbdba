import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { startEmbeddedPostgres } from '@linekeeper/infrastructure';
import { Client } from 'pg';
import { migrate } from '../../libs/infrastructure/src/postgres/migrate';
import { freePort } from '../../libs/infrastructure/src/postgres/server';

const ROOT = join(__dirname, '../../..');
export const APP_KEY = 'lk_app_key_of_the_benchmarks_0123456';
export const ADMIN_KEY = 'lk_admin_key_of_the_benchmarks_012345';
export const WEBHOOK_SECRET = `whsec_${Buffer.from('the secret of the benchmarks....').toString('base64')}`;
const TOKEN = 'token-of-the-benchmarks';
/** A line carries a message every half a minute in life; so few of them that each gets hundreds a second say nothing. */
export const LINES = 200;

export interface Shape {
  readonly lines?: number;
  /** False: no Redis, though one be installed. */
  readonly redis?: boolean;
}

/** As the product's image runs its processes; the bare programs get the same. */
export const NODE_OPTIONS = [
  '--enable-source-maps',
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=64',
];

/** What a child is told when it starts. */
export interface Settings {
  readonly databaseUrl: string;
  readonly redisUrl: string | null;
  readonly simulatorUrl: string;
  readonly token: string;
  readonly port: number;
}

/** A durable PostgreSQL, a Redis where one is installed, a simulator that stands still, and the programs compared. */
export class Stage {
  private readonly ends: (() => Promise<unknown>)[] = [];
  readonly db: Client;

  private constructor(
    readonly settings: Omit<Settings, 'port'>,
    /** Null where none is installed. */
    readonly redis: ChildProcess | null,
    private readonly folder: string,
  ) {
    this.db = new Client({ connectionString: settings.databaseUrl });
  }

  static async open({ lines = LINES, redis: wanted = true }: Shape = {}): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'linekeeper-bench-'));
    const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
    await migrate(postgres.url, join(ROOT, 'prisma'));
    const redis = wanted ? await startRedis(folder) : null;
    const simulator = await startSimulator(lines);
    const stage = new Stage(
      {
        databaseUrl: postgres.url,
        redisUrl: redis?.url ?? null,
        simulatorUrl: simulator.url,
        token: TOKEN,
      },
      redis?.child ?? null,
      folder,
    );
    stage.ends.push(() => postgres.stop());
    for (const { child } of [...(redis ? [redis] : []), simulator]) {
      stage.ends.push(() => end(child));
    }
    await stage.db.connect();
    return stage;
  }

  /** One of the programs, in a process of its own; answers with its address. */
  async run(program: 'service' | 'worker' | 'bare'): Promise<string> {
    const port = await freePort();
    await this.start(program, port);
    return `http://127.0.0.1:${port}`;
  }

  /** The same at a given port, as a process that may be killed and started again. */
  async start(program: 'service' | 'worker' | 'bare', port: number): Promise<ChildProcess> {
    const settings: Settings = { ...this.settings, port };
    const child = fork(join(__dirname, `${program}.js`), [JSON.stringify(settings)], {
      execArgv: NODE_OPTIONS,
    });
    this.ends.unshift(() => end(child));
    await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => {
        throw new Error(`The ${program} ended with ${String(code)} while it started`);
      }),
    ]);
    return child;
  }

  /** Lines in full use at the service that is given. */
  async raiseFleet(service: string): Promise<void> {
    const answer = await fetch(`${service}/v1/admin/lines/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ start: 'mature', carriedPerDay: 3_000, reason: 'a benchmark' }),
    });
    if (!answer.ok) throw new Error(`The fleet could not be raised: ${await answer.text()}`);
  }

  async close(): Promise<void> {
    await this.db.end();
    // Those that use the others first.
    for (const each of this.ends) await each();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function startRedis(folder: string): Promise<{ url: string; child: ChildProcess } | null> {
  const path = [
    process.env['REDIS_SERVER_PATH'],
    ...(process.env['PATH'] ?? '').split(delimiter).map((each) => join(each, 'redis-server')),
  ].find((each) => each !== undefined && existsSync(each));
  if (path === undefined) return null;
  const port = await freePort();
  const child = spawn(
    path,
    // prettier-ignore
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '',
      '--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('Ready to accept connections')) break;
  }
  return { url: `redis://127.0.0.1:${port}`, child };
}

async function startSimulator(lines: number): Promise<{ url: string; child: ChildProcess }> {
  const numbers = Array.from({ length: lines }, (_, i) => `+1202555${String(1_000 + i)}`);
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(ROOT, 'dist/apps/simulator/src/main.js')],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...process.env,
        SIMULATOR_PORT: '0',
        SIMULATOR_TOKEN: TOKEN,
        SIMULATOR_SPEED: '0',
        SIMULATOR_LINES: numbers.join(','),
        SIMULATOR_EXIT_WITH_PARENT: '1',
      },
    },
  );
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { listening } = JSON.parse(line) as { listening: number };
  return { url: `http://127.0.0.1:${listening}`, child };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
