import fastify from 'fastify';
import { fileRoutes } from './api/attachments';
import { Sending } from './api/sending';
import { registerApi } from './api/server';
import { vcfRoute } from './api/vcf';
import { registerApiV2 } from './api-v2/server';
import { VirtualClock } from './clock';
import { registerControl } from './control/routes';
import { Gatherings } from './gatherings';
import { People } from './people';
import { Play } from './play';
import { Chance } from './random';
import { readSnapshot, restore, save } from './snapshot';
import { Stepper } from './stepper';
import { Travel } from './travel';
import { Webhooks } from './webhooks';
import { World } from './world';

/** How often a changed world is written while it runs. It is written at the end in any case. */
const SAVE_EVERY_MS = 10_000;

function setting(name: string, fallback: string): string {
  const value = process.env[name];
  return value === undefined || value === '' ? fallback : value;
}

const noSchemas = (): never => {
  throw new Error('A route with a schema');
};

async function main(): Promise<void> {
  const stateFile = setting('SIMULATOR_STATE_FILE', '');
  const earlier = stateFile === '' ? null : readSnapshot(stateFile);
  const realNow = (): number => Date.now();
  const start = setting('SIMULATOR_START', '');
  const clock = new VirtualClock(
    earlier?.now ?? (start === '' ? realNow() : Date.parse(start)),
    Number(setting('SIMULATOR_SPEED', '1')),
    realNow,
  );
  const seed = Number(setting('SIMULATOR_SEED', '1'));
  const chance = new Chance(earlier?.chance ?? seed);
  const faultChance = new Chance(earlier?.faults.chance ?? seed + 1);
  const world = new World(clock, chance, faultChance, 'partner-sim');
  const webhooks = new Webhooks(world);
  const travel = new Travel(world, webhooks, new People(world));
  const play = new Play(world, webhooks, travel, new Gatherings(world, webhooks));
  const stepper = new Stepper(world, play, webhooks, (line) => console.error(`simulator: ${line}`));
  if (earlier) restore(earlier, world, webhooks);
  for (const number of setting('SIMULATOR_LINES', '').split(','))
    if (number !== '') world.addLine(number);

  const app = fastify({
    ...{ bodyLimit: 1_048_576, forceCloseConnections: true },
    // No route has a schema, and the compilers for them take longer to load than all the rest.
    schemaController: {
      compilersFactory: { buildValidator: () => noSchemas, buildSerializer: () => noSchemas },
    },
  });
  // Linq's clients send a content type with no body at times; an empty body is no body.
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, text === '' ? undefined : JSON.parse(text as string));
    } catch {
      done(Object.assign(new Error('The body is not JSON'), { statusCode: 400 }), undefined);
    }
  });
  const api = { world, play, stepper, sending: new Sending(world, play) };
  const token = setting('SIMULATOR_TOKEN', 'sim-token');
  registerApi(app, api, token);
  registerApiV2(app, api, token);
  registerControl(app, { world, play, webhooks, stepper });
  vcfRoute(app, world);
  fileRoutes(app, world);
  const host = setting('SIMULATOR_HOST', '127.0.0.1');
  await app.listen({ host, port: Number(setting('SIMULATOR_PORT', '4010')) });

  let saved = world.changes;
  const saveIfChanged = (): void => {
    if (stateFile === '' || world.changes === saved) return;
    saved = world.changes;
    save(stateFile, world, webhooks);
  };
  const saver = setInterval(saveIfChanged, SAVE_EVERY_MS);
  const stop = (): void => {
    clearInterval(saver);
    if (stateFile !== '') save(stateFile, world, webhooks);
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (setting('SIMULATOR_EXIT_WITH_PARENT', '') === '1') {
    process.stdin.once('end', stop).once('close', stop).resume();
  }
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  world.origin = `http://127.0.0.1:${port}`;
  stepper.nudge();
  process.stdout.write(`${JSON.stringify({ listening: port })}\n`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
