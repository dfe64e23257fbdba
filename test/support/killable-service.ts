import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { TestDatabase } from './database';
import { Http } from './http';
import { ADMIN_KEY, APP_KEY, freePort } from './service';
import type { TestSimulator } from './simulator';

/** The service in a process of its own, which dies by SIGKILL at a point that a test names, and starts again. */
export class KillableService {
  readonly admin: Http;
  readonly app: Http;
  kills = 0;
  private child: ChildProcess | null = null;

  private constructor(
    private readonly database: TestDatabase,
    private readonly simulator: TestSimulator,
    private readonly port: number,
  ) {
    const url = `http://127.0.0.1:${port}`;
    this.admin = new Http(url, ADMIN_KEY);
    this.app = new Http(url, APP_KEY);
  }

  static async start(database: TestDatabase, simulator: TestSimulator): Promise<KillableService> {
    const service = new KillableService(database, simulator, await freePort());
    await service.begin();
    return service;
  }

  /** From now on the first time that `point` is reached is the process's end; with `#2` behind it, the second. */
  async arm(point: string): Promise<void> {
    const answered = once(this.running, 'message');
    this.running.send(point);
    await answered;
  }

  /** Does `step`; if the process died on the way, starts it again and does the step again. */
  async survive(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!(await this.isDead())) throw error;
    }
    if (!(await this.isDead())) return;
    this.kills += 1;
    await this.begin();
    await step();
  }

  async stop(): Promise<void> {
    if (this.child?.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  private get running(): ChildProcess {
    if (!this.child) throw new Error('Not started');
    return this.child;
  }

  private async begin(): Promise<void> {
    const settings = {
      databaseUrl: this.database.url,
      port: this.port,
      simulatorUrl: this.simulator.url,
      token: this.simulator.token,
      adminKey: ADMIN_KEY,
      appKey: APP_KEY,
    };
    const child = fork(resolve(__dirname, 'killable-child.mjs'), [JSON.stringify(settings)], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    this.child = child;
    await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => {
        throw new Error(`The service ended with ${String(code)} while it started`);
      }),
    ]);
  }

  /** A connection may break a moment before the process is seen to have ended. */
  private async isDead(): Promise<boolean> {
    const answer = await this.app.get('/health/live').catch(() => null);
    if (answer !== null) return false;
    if (this.running.signalCode === null) await once(this.running, 'exit');
    return true;
  }
}
