import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Http, ok } from './http';

export interface BookEntry {
  readonly id: string;
  readonly chatId: string;
  readonly line: string;
  readonly handle: string;
  readonly direction: 'in' | 'out';
  readonly at: string;
  readonly status: string;
  readonly idempotencyKey: string | null;
  readonly isGroup: boolean;
}

export interface BookHour {
  readonly line: string;
  readonly epochHour: number;
  readonly in: number;
  readonly out: number;
}

const MAIN = resolve(__dirname, '../../dist/apps/simulator/src/main.js');
const TOKEN = 'test-token';

/** A capability check that the simulator was asked for. */
export interface BookCheck {
  readonly line: string;
  readonly address: string;
  readonly at: string;
  /** It came too soon and was refused. */
  readonly limited: boolean;
}

/** The simulator of the provider, in a process of its own on a free port; its clock stands until it is moved. */
export class TestSimulator {
  readonly token = TOKEN;
  readonly control: Http;

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {
    this.control = new Http(`${url}/__sim`);
  }

  static async start(
    settings: {
      readonly start?: string;
      readonly lines?: readonly string[];
      readonly env?: Record<string, string>;
    } = {},
  ): Promise<TestSimulator> {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...process.env,
        SIMULATOR_PORT: '0',
        SIMULATOR_TOKEN: TOKEN,
        SIMULATOR_SPEED: '0',
        SIMULATOR_START: settings.start ?? '2026-03-02T00:00:00.000Z',
        SIMULATOR_LINES: (settings.lines ?? []).join(','),
        SIMULATOR_EXIT_WITH_PARENT: '1',
        ...settings.env,
      },
    });
    const port = await new Promise<number>((done, fail) => {
      child.once('exit', (code) => fail(new Error(`The simulator ended with ${code}`)));
      createInterface({ input: child.stdout }).once('line', (line) => {
        done((JSON.parse(line) as { listening: number }).listening);
      });
    });
    return new TestSimulator(child, `http://127.0.0.1:${port}`);
  }

  /** Where an SDK client or the adapter finds the partner API. */
  get apiUrl(): string {
    return `${this.url}/api/partner`;
  }

  async now(): Promise<number> {
    return (await ok(this.control.get<{ epochMs: number }>('/clock'))).epochMs;
  }

  /** From event to event, or in steps of `quantumSeconds`; resolves when everybody who follows has caught up. */
  async advance(seconds: number, quantumSeconds = 0): Promise<void> {
    await ok(this.control.post('/clock', { advanceSeconds: seconds, quantumSeconds }));
  }

  /** A message from a person to a line. */
  async text(
    from: string,
    to: string,
    text: string,
  ): Promise<{ messageId: string; chatId: string }> {
    return ok(this.control.post('/inbound', { from, to, text }));
  }

  async books(): Promise<BookEntry[]> {
    const all: BookEntry[] = [];
    for (;;) {
      const { messages, total } = await ok(
        this.control.get<{ messages: BookEntry[]; total: number }>(
          `/books?offset=${all.length}&limit=50000`,
        ),
      );
      all.push(...messages);
      if (all.length >= total || messages.length === 0) return all;
    }
  }

  hours(): Promise<BookHour[]> {
    return ok(this.control.get<BookHour[]>('/books/hours'));
  }

  checks(): Promise<BookCheck[]> {
    return ok(this.control.get<BookCheck[]>('/books/checks'));
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((done) => this.child.once('exit', done));
    this.child.kill('SIGKILL');
    await ended;
  }
}
