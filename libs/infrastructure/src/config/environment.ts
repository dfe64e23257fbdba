import { isIP } from 'node:net';
import { isZone } from '@linekeeper/domain';
import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== ''),
);

const PROXY_FORM =
  'each must be an address or a block such as 10.0.0.0/8 (at least /8, for IPv6 /32): whoever is in it may claim to be anybody';

/** A named proxy. A block of half the world would be no name. */
function isProxy(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  if (bits === undefined) return true;
  const [least, most] = version === 4 ? [8, 32] : [32, 128];
  return /^\d{1,3}$/.test(bits) && Number(bits) >= least && Number(bits) <= most;
}

const HOST = /^\.?[a-z0-9-]+(\.[a-z0-9-]+)+$/;
const HOST_FORM = 'each must be a host such as cdn.example.com, or .example.com for all below it';

/** Every environment variable that is read, with what it is for. An empty one counts as not set. */
export const environmentSchema = z.object({
  ENVIRONMENT: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'lower-case letters, digits and hyphens, at most 40')
    .default('development')
    .describe('Name of this deployment; the database remembers it and refuses another one'),
  HOST: z.string().default('127.0.0.1').describe('Address to listen on'),
  PORT: port.default(3000).describe('Port of the API and the page'),
  SIMULATOR_PORT: port.default(4010).describe('Port of the simulator, always on loopback'),
  DATA_DIR: z
    .string()
    .default('./.linekeeper')
    .describe('Where the embedded database and the keys live'),
  ADMIN_KEY: z
    .string()
    .min(24, 'at least 24 characters')
    .optional()
    .describe('The first admin key; without it one is made, printed and kept in DATA_DIR'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgresql://')
    .optional()
    .describe('A PostgreSQL of your own instead of the embedded one'),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must begin with redis:// or rediss://')
    .optional()
    .describe('Needed once several processes share a fleet'),
  PUBLIC_URL: z
    .url()
    .optional()
    .describe('How the outside reaches this service: for webhooks and card links'),
  TRUSTED_PROXIES: list
    .refine((proxies) => proxies.every(isProxy), PROXY_FORM)
    .optional()
    .describe(
      'Comma-separated addresses or CIDR blocks of proxies whose X-Forwarded-For is believed',
    ),
  PHOTO_HOSTS: list
    .refine((hosts) => hosts.every((each) => HOST.test(each)), HOST_FORM)
    .optional()
    .describe(
      'Comma-separated hosts that photos of contact cards may be fetched from; without it they are uploaded',
    ),
  EVENTS_TO_LOOPBACK: z
    .enum(['no', 'yes'])
    .default('no')
    .describe(
      'Whether events may be posted to http://127.0.0.1, for an app on this machine; only while HOST is on loopback',
    ),
  FLEET_TIME_ZONE: z
    .string()
    .refine(isZone, 'must be an IANA time zone such as Europe/Berlin')
    .default('UTC')
    .describe('Zone of the budget day'),
  SECRETS_KEY: z
    .string()
    .min(32, 'at least 32 characters')
    .optional()
    .describe(
      'Encrypts secrets in the database and signs card links; without it one is made and kept in DATA_DIR',
    ),
  SECRETS_KEY_PREVIOUS: list
    .optional()
    .describe('Comma-separated keys that SECRETS_KEY was before: what they protect is still read'),
  LINQ_API_KEY: z
    .string()
    .min(1)
    .optional()
    .describe(
      'A real Linq account instead of the simulator: no demo, and everything only observes',
    ),
  LINQ_BASE_URL: z
    .url()
    .default('https://api.linqapp.com/api/partner')
    .describe('Used together with LINQ_API_KEY'),
  LINQ_WEBHOOK_SECRETS: list
    .optional()
    .describe('Comma-separated signing secrets of a subscription that exists already'),
  LINQ_V2_WEBHOOK_SECRET: list
    .optional()
    .describe('The same for a subscription of V2, to which lines of V2 are told'),
  LINQ_V2_UNSIGNED_WEBHOOKS: z
    .enum(['refuse', 'accept'])
    .default('refuse')
    .describe(
      'Deliveries of V2 without a signature, as of a subscription without a secret: anybody could have sent them',
    ),
  LINQ_V2_CARDS_SET_UP: z
    .enum(['no', 'yes'])
    .default('no')
    .describe(
      'Whether Linq has set up the contact cards of the lines on V2, where they can only be shared',
    ),
  LOG_LEVEL: z
    .enum(['error', 'warn', 'log', 'debug'])
    .default('warn')
    .describe('Least level that is written to the log; "log" includes every decision'),
});

export type Environment = z.infer<typeof environmentSchema>;

/** Whether events may be posted to this machine: where others reach the service, they could reach what listens here. */
export function eventsToLoopbackOf(environment: Environment): boolean {
  const onLoopback = environment.HOST === 'localhost' || environment.HOST.startsWith('127.');
  return environment.EVENTS_TO_LOOPBACK === 'yes' && onLoopback;
}

/** How the provider is reached: the real account. */
export function linqOf(environment: Environment, apiKey: string) {
  return {
    apiKey,
    baseUrl: environment.LINQ_BASE_URL,
    v2: {
      unsigned: environment.LINQ_V2_UNSIGNED_WEBHOOKS,
      cardsAreSetUp: environment.LINQ_V2_CARDS_SET_UP === 'yes',
    },
  };
}

/** The environment variables do not make sense: all the problems at once. */
export class BadEnvironment extends Error {
  constructor(readonly problems: readonly string[]) {
    super(
      `The environment variables need mending:\n${problems.map((each) => `  ${each}`).join('\n')}`,
    );
    this.name = 'BadEnvironment';
  }
}

export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): Environment {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new BadEnvironment(
    parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
  );
}

/** The text of `.env.example`: every variable with its meaning and its default. */
export function renderEnvExample(): string {
  const rows = Object.entries(environmentSchema.shape).map(([name, schema]) => {
    const fallback = schema.safeParse(undefined);
    const value = fallback.success && fallback.data !== undefined ? String(fallback.data) : '';
    return `# ${schema.description ?? ''}\n${value === '' ? '# ' : ''}${name}=${value}\n`;
  });
  return rows.join('\n');
}
