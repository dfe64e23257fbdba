import { parseArgs } from 'node:util';
import { medianOf, rangeOf, type Row } from '../decisions/measure';
import { lineOf, writeRows } from '../decisions/report';
import { giveCards, seedPeople } from '../paths/people';
import { Stage } from '../paths/stage';
import { type Flagging, flagUnderLoad } from './flag-under-load';

/** A hundred on each line, who may each be written to thirty times a minute. */
const PEOPLE = 20_000;
/** More than a tenth of the lines in a day would be an epidemic, and the fleet would stand still by itself. */
const MOST_FLAGS = 19;

const USAGE = `npm run bench -- flag [--flags N], N from 5 to ${MOST_FLAGS}`;

async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: { flags: { type: 'string', default: '15' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const flags = Number(values.flags);
  if (!Number.isInteger(flags) || flags < 5 || flags > MOST_FLAGS) throw new Error(USAGE);
  const stage = await Stage.open();
  try {
    if (stage.settings.redisUrl === null) throw new Error('Two processes need a redis-server');
    const service = await stage.run('service');
    await stage.run('worker');
    await stage.raiseFleet(service);
    await giveCards(stage.db, await seedPeople(stage.db, PEOPLE));
    const seen: Flagging[] = [];
    const { rows } = await stage.db.query<{ id: string; phone_number: string }>(
      // Far from each other: whose card has two lost lines on it still has others.
      'SELECT id, phone_number FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM lines) AS l WHERE n % 10 = 0 LIMIT $1',
      [flags + 1],
    );
    for (const [i, line] of rows.entries()) {
      const flagging = await flagUnderLoad(stage, service, line);
      // The first warms the code up.
      if (i > 0) seen.push(flagging);
    }
    const figures = [
      rowOf('flag told to the last send on its line', 1_000, seen, (each) => each.lastSendMs),
      rowOf('flag told to the first re-routed send', 5_000, seen, (each) => each.firstReroutedMs),
      rowOf('flag told to everybody moved', null, seen, (each) => each.allMovedMs),
    ];
    for (const row of figures) console.log(lineOf(row, 'at-most'));
    writeRows('flag', figures);
  } finally {
    await stage.close();
  }
}

/** The target holds of the slowest, of which there are too few for a percentile. */
function rowOf(
  name: string,
  target: number | null,
  seen: readonly Flagging[],
  pick: (flagging: Flagging) => number,
): Row {
  const times = seen.map(pick);
  const range = rangeOf(times);
  const median = `${name}, slowest (median ${medianOf(times).toFixed(0)} ms)`;
  return {
    ...{ name: median, ours: range[1], bare: null, ratio: null, target, unit: 'ms' },
    ...{ rounds: seen.length, spread: { ours: range, bare: null } },
  };
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
