import { BudgetLedger, Clock, DrainInbox } from '@linekeeper/application';
import { InfrastructureModule } from '@linekeeper/infrastructure';
import { NestFactory } from '@nestjs/core';
import { optionsOf } from './options';
import type { Settings } from './stage';

/** What one worker does with the inbox, without its heartbeat: it drains when it is told to, and says how long it took. */
async function main(settings: Settings): Promise<void> {
  const app = await NestFactory.createApplicationContext(
    InfrastructureModule.register(optionsOf(settings)),
    { logger: ['error'] },
  );
  await app.get(BudgetLedger).rebuild(app.get(Clock).now());
  const drainInbox = app.get(DrainInbox);
  process.on('message', () => {
    const begun = process.hrtime.bigint();
    void drainInbox.execute().then((report) => {
      process.send?.({ ...report, ms: Number(process.hrtime.bigint() - begun) / 1e6 });
    });
  });
  process.send?.('ready');
}

void main(JSON.parse(process.argv[2] ?? '{}') as Settings);
