import { parseArgs } from 'node:util';
import { arenaYears } from './arena-year';
import { forecasts } from './forecasts';
import { type Measured, MIN_ROUNDS, type Row, rowOf } from './measure';
import { memories } from './memory';
import { failovers, rebalances } from './moves';
import { placements } from './placement';
import { lineOf, writeRows } from './report';

/** By the word that `--only` takes. Memory first: what others leave behind would blur it. */
const PARTS = {
  memory: memories,
  place: placements,
  failover: failovers,
  rebalance: rebalances,
  forecast: forecasts,
  arena: arenaYears,
} as const satisfies Record<string, () => Measured[]>;

const USAGE = `npm run bench -- decisions [--rounds N] [--only ${Object.keys(PARTS).join('|')}]...`;

function main(argv: readonly string[]): void {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      rounds: { type: 'string', default: '7' },
      only: { type: 'string', multiple: true },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < MIN_ROUNDS) {
    throw new Error(`--rounds is a whole number of at least ${MIN_ROUNDS}`);
  }
  const chosen = values.only ?? Object.keys(PARTS);
  const rows: Row[] = [];
  for (const name of chosen) {
    if (!(name in PARTS)) throw new Error(`There is no part ${name}. ${USAGE}`);
    for (const measured of PARTS[name as keyof typeof PARTS]()) {
      const row = rowOf(measured, rounds);
      rows.push(row);
      console.log(lineOf(row, 'at-most'));
    }
  }
  writeRows('decisions', rows);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
