import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort } from '../../libs/infrastructure/src/postgres/server';
import { chanceOf } from '../../libs/simulation/src/kernel/chance';
import { giveCards, seedPeople } from '../paths/people';
import { Stage } from '../paths/stage';
import { faultsOf, Processes } from './faults';
import type { Person } from './messages';
import { Traffic } from './traffic';
import { verdictOf } from './verdict';

const PEOPLE = 20_000;
const MINUTE_MS = 60_000;

const USAGE = 'npm run bench -- soak [--minutes 60] [--rate 300] [--seed 1]';

/** Load with a fault each minute, and then the question whether every message was counted once. */
async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      minutes: { type: 'string', default: '60' },
      rate: { type: 'string', default: '300' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean' },
    },
  });
  const [minutes, rate, seed] = [values.minutes, values.rate, values.seed].map(Number);
  if (values.help || !isCount(minutes) || !isCount(rate) || !isCount(seed)) {
    console.log(USAGE);
    return;
  }
  const stage = await Stage.open();
  try {
    if (stage.redis === null) throw new Error('Several processes need a redis-server');
    const ports = [await freePort(), await freePort()];
    const processes = new Processes(stage);
    for (const port of ports) await processes.add('service', port);
    await processes.add('worker', await freePort());
    const services = ports.map((port) => `http://127.0.0.1:${port}`);
    await stage.raiseFleet(services[0] ?? '');
    await giveCards(stage.db, await seedPeople(stage.db, PEOPLE));
    const traffic = new Traffic(services, await peopleOf(stage), rate, chanceOf(seed, 'soak'));
    const running = traffic.run();
    const faults = faultsOf(stage, processes);
    for (let minute = 0; minute < minutes; minute += 1) {
      const fault = faults[minute % faults.length];
      await Promise.all([fault?.strike(), pause(MINUTE_MS)]);
      const { told, retried, asked, unanswered } = traffic.totals;
      const megabytes = processes.pids.map(residentMegabytes).join(' ');
      console.log(
        `minute ${minute + 1}: ${fault?.name}; ${traffic.acknowledged.size} messages acknowledged, ` +
          `${told} told, ${retried} again; ${asked} asked, ${unanswered} unanswered; ${megabytes} MB`,
      );
    }
    await traffic.end();
    await running;
    const verdict = await verdictOf(stage, traffic.acknowledged);
    console.log(JSON.stringify(verdict));
    const { lost, miscounted, deadLetters, leaked } = verdict;
    if (lost + miscounted + deadLetters + leaked > 0) process.exitCode = 1;
  } finally {
    await stage.close();
  }
}

async function peopleOf({ db }: Stage): Promise<Person[]> {
  const { rows } = await db.query<{ id: string; handle: string; line: string; chat_id: string }>(
    `SELECT a.user_id AS id, h.value AS handle, l.phone_number AS line, x.id AS chat_id
     FROM assignments a JOIN handles h USING (user_id) JOIN lines l ON l.id = a.line_id
     JOIN conversations c USING (user_id) JOIN chats x ON x.conversation_id = c.id`,
  );
  return rows.map(({ chat_id: chatId, ...person }) => ({ ...person, chatId }));
}

function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024);
}

const isCount = (value: number | undefined): value is number =>
  value !== undefined && Number.isInteger(value) && value > 0;

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  // The load would go on.
  process.exit(1);
});
