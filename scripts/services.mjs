// What some tests need beside Node: what is there already, else Debian's package when we may install it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './ensure.mjs';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Without a browser the test of the page is left out, and says so in its title. */
export async function ensureChromium() {
  if (process.env.CHROMIUM_PATH !== undefined || BROWSERS.some((path) => existsSync(path))) return;
  await install('chromium', 'for the test of the page');
}

/** Without a Redis server the tests of several processes are left out, and say so in their titles. */
export async function ensureRedis() {
  if (process.env.REDIS_SERVER_PATH !== undefined || isOnPath('redis-server')) return;
  await install('redis-server', 'for the tests of several processes');
}

/** Without it the test of docker-compose.yml is left out, and says so in its title. No engine is needed to read a file. */
export async function ensureComposeParser() {
  // Docker itself may be there without its compose plugin.
  const plugin = spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' });
  if (isOnPath('docker-compose') || plugin.status === 0) return;
  await install('docker-compose', 'for the test of the compose file');
}

function isOnPath(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .some((folder) => folder !== '' && existsSync(join(folder, name)));
}

async function install(name, why) {
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (!mayInstall) return;
  process.stderr.write(`Installing ${name} with apt, ${why} ...\n`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await run('apt-get', ['update', '-qq'], { quiet: true, env });
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], {
      quiet: true,
      env,
    });
  } catch (error) {
    process.stderr.write(`${error.message}; going on without ${name}\n`);
  }
}
