import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { freePort } from './service';

const ROOT = resolve(__dirname, '../..');
const STANDALONE = 'dist/apps/standalone/src/main.js';

/** A process of the product as a user starts it, with ports of its own. */
export class Start {
  output = '';
  readonly ended: Promise<number | null>;

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {
    child.stdout?.on('data', (chunk) => (this.output += String(chunk)));
    child.stderr?.on('data', (chunk) => (this.output += String(chunk)));
    this.ended = once(child, 'close').then(([code]) => code as number | null);
  }

  /** What `npm start` runs, without the story unless asked for it. */
  static run(
    settings: Readonly<Record<string, string>>,
    flags: readonly string[] = ['--no-demo'],
  ): Promise<Start> {
    return Start.node([STANDALONE, ...flags], settings);
  }

  /** Node with these arguments, from the root of the project. */
  static async node(
    args: readonly string[],
    settings: Readonly<Record<string, string>>,
  ): Promise<Start> {
    const port = Number(settings['PORT'] ?? (await freePort()));
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PORT: String(port),
        SIMULATOR_PORT: String(await freePort()),
        ...settings,
      },
    });
    return new Start(child, `http://127.0.0.1:${port}`);
  }

  up(): Promise<void> {
    return this.says('Linekeeper is up');
  }

  /** Waits until it has printed `text`; throws what was printed if the process ends first. */
  async says(text: string): Promise<void> {
    const said = new Promise<void>((done) => {
      const look = (): void => (this.output.includes(text) ? done() : undefined);
      this.child.stdout?.on('data', look);
      look();
    });
    const over = this.ended.then((code) => {
      throw new Error(`It ended with ${code}:\n${this.output}`);
    });
    await Promise.race([said, over]);
  }

  async isReady(): Promise<boolean> {
    return fetch(`${this.url}/health/ready`).then(
      (response) => response.status === 200,
      () => false,
    );
  }

  async kill(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    this.child.kill(signal);
    return this.ended;
  }
}
