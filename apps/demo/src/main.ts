import { readFleet } from './fleet';
import { followClock } from './follow';
import { JsonClient } from './http';
import { replayTrace } from './replay';
import { SampleApp } from './sample-app';
import { readSettings } from './settings';
import { tellStory } from './story';
import { sayTitle } from './terminal';

/** Tells the story to a fleet that has none yet; then the sample app goes on answering whoever writes. */
async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const admin = new JsonClient(settings.apiUrl, settings.adminKey);
  const app = new JsonClient(settings.apiUrl, settings.appKey);
  const simulator = new JsonClient(settings.simulatorUrl, null);
  const sample = new SampleApp(app, settings.simulatorUrl, settings.simulatorToken);
  await sample.start();
  const leave = new AbortController();
  void followClock(
    settings.simulatorUrl,
    'sample-app',
    (now) => sample.workUntilIdle(now),
    leave.signal,
  ).catch(() => undefined);
  const stop = (): void => {
    leave.abort();
    sample.stop();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('disconnect', stop);

  const stage = { admin, app, simulator, sample };
  const begins = (await readFleet(admin)).lines.length === 0;
  if (begins && settings.tracePath !== null) await replayTrace(stage, settings.tracePath);
  else if (begins) await tellStory(stage);
  else sayTitle('The fleet of the last start is back, with its people and keys.');
  await simulator.post('/__sim/clock', { speed: settings.speed });
  sayTitle(
    settings.speed === 1
      ? 'The clock runs at its normal pace from now on. The sample app keeps answering.'
      : `The clock runs at ${settings.speed} times its normal pace from now on.`,
  );
  process.send?.('told');
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.stack : error);
  process.exit(1);
});
