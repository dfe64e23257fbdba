import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './service';

const PLACES = [
  process.env['REDIS_SERVER_PATH'],
  ...(process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'redis-server')),
];

/** A Redis server that is installed here, or undefined: none can be had from the package registry. */
export const redisServerPath = PLACES.find((path) => path !== undefined && existsSync(path));

/** A real Redis of one's own, that can be emptied, held still, killed and started again. */
export class TestRedis {
  private child: ChildProcess | null = null;

  private constructor(
    private readonly port: number,
    private readonly folder: string,
  ) {}

  static async start(): Promise<TestRedis> {
    const redis = new TestRedis(
      await freePort(),
      await mkdtemp(join(tmpdir(), 'linekeeper-redis-')),
    );
    await redis.begin();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** With what it kept on disk: the append-only file is written once a second. */
  async begin(): Promise<void> {
    const child = spawn(
      redisServerPath ?? 'redis-server',
      // prettier-ignore
      ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder, '--save', '',
        '--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    this.child = child;
    await new Promise<void>((done, fail) => {
      let output = '';
      child.stdout.on('data', (chunk) => {
        output += String(chunk);
        if (output.includes('Ready to accept connections')) done();
      });
      child.once('exit', (code) => fail(new Error(`redis-server ended with ${code}:\n${output}`)));
    });
  }

  async flush(): Promise<void> {
    const client = new Redis(this.url);
    await client.flushall();
    client.disconnect();
  }

  /** It takes connections and answers nobody until it is let go. */
  hold(): void {
    this.child?.kill('SIGSTOP');
  }

  letGo(): void {
    this.child?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
