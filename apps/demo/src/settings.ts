/** Where the service and the simulator are, and with which keys they are reached. */
export interface DemoSettings {
  readonly apiUrl: string;
  readonly adminKey: string;
  readonly appKey: string;
  readonly simulatorUrl: string;
  readonly simulatorToken: string;
  /** Virtual seconds a second after the story. */
  readonly speed: number;
  readonly tracePath: string | null;
}

export function readSettings(env: Readonly<Record<string, string | undefined>>): DemoSettings {
  const need = (name: string): string => {
    const value = env[name];
    if (!value) throw new Error(`${name} is missing: the demonstration is started by npm start`);
    return value;
  };
  return {
    apiUrl: need('DEMO_API_URL'),
    adminKey: need('DEMO_ADMIN_KEY'),
    appKey: need('DEMO_APP_KEY'),
    simulatorUrl: need('DEMO_SIMULATOR_URL'),
    simulatorToken: need('DEMO_SIMULATOR_TOKEN'),
    speed: Number(env['DEMO_SPEED'] ?? '1'),
    tracePath: env['DEMO_TRACE'] ?? null,
  };
}
