import { type ChildProcess, fork, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Simulator {
  readonly url: string;
  /** Saves its state and ends. */
  stop(): Promise<void>;
}

const NODE_OPTIONS = ['--enable-source-maps', '--disable-warning=ExperimentalWarning'];

/** Starts the simulator as a process of its own. It ends with us, however we end: its input closes. */
export async function startSimulator(settings: {
  readonly port: number;
  readonly token: string;
  readonly stateFile: string;
  readonly start: string;
  /** Where its chance begins; a saved state goes on with its own. */
  readonly seed: number;
  readonly onExit: (code: number | null) => void;
}): Promise<Simulator> {
  const child = spawn(
    process.execPath,
    [...NODE_OPTIONS, join(__dirname, '../../simulator/src/main.js')],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
      env: {
        ...process.env,
        SIMULATOR_PORT: String(settings.port),
        SIMULATOR_TOKEN: settings.token,
        SIMULATOR_STATE_FILE: settings.stateFile,
        SIMULATOR_START: settings.start,
        SIMULATOR_SEED: process.env['SIMULATOR_SEED'] ?? String(settings.seed),
        SIMULATOR_EXIT_WITH_PARENT: '1',
      },
    },
  );
  let stopping = false;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const port = await firstLine(child);
  child.once('exit', (code) => {
    if (!stopping) settings.onExit(code);
  });
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      stopping = true;
      child.stdin.end();
      await ended;
    },
  };
}

function firstLine(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) =>
      reject(new Error(`The simulator ended with ${code}: is its port free?`)),
    );
    if (!child.stdout) {
      reject(new Error('The simulator has no output'));
      return;
    }
    createInterface({ input: child.stdout }).once('line', (line) => {
      resolve((JSON.parse(line) as { listening: number }).listening);
    });
  });
}

/** Starts the demonstration, a guest like any other. Calls back once its story is told. */
export function startDemo(
  env: Readonly<Record<string, string>>,
  onTold: () => void,
): { stop(): void } {
  const child = fork(join(__dirname, '../../demo/src/main.js'), [], {
    execArgv: NODE_OPTIONS,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
    detached: true,
  });
  child.on('message', (message) => {
    if (message === 'told') onTold();
  });
  return { stop: () => void child.kill('SIGTERM') };
}
