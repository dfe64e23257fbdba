// A browser for the test of the page: what is there, else Debian's when we may install it.
import { existsSync } from 'node:fs';
import { run } from './ensure.mjs';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Without a browser the test of the page is left out, and says so in its title. */
export async function ensureChromium() {
  if (process.env.CHROMIUM_PATH !== undefined || PLACES.some((path) => existsSync(path))) return;
  const mayInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (!mayInstall) return;
  process.stderr.write('Installing chromium with apt, for the test of the page ...\n');
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await run('apt-get', ['update', '-qq'], { quiet: true, env });
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      quiet: true,
      env,
    });
  } catch (error) {
    process.stderr.write(`${error.message}; going on without a browser\n`);
  }
}
