import type { Request } from 'autocannon';
import { type Row, rowOfRounds } from '../decisions/measure';
import { load, type Load } from './load';

/** A path of the service and of the bare program, with a request for each. */
export interface Path {
  readonly name: string;
  readonly ours: { readonly url: string; readonly make: () => Request };
  readonly bare: { readonly url: string; readonly make: () => Request };
  /** Share of the bare throughput that is wanted; null where none is named. */
  readonly target: number | null;
  /** Times the bare p99 at half load that is allowed; null where nothing is named. */
  readonly p99Target: number | null;
}

export interface Pace {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
}

/**
 * Rounds take turns, ours and bare, so that a busy machine is busy for both; one of each is thrown away. Then the
 * same at half of each one's own throughput, for the p99.
 */
export async function rowsOf(path: Path, pace: Pace): Promise<Row[]> {
  const { connections, seconds, rounds } = pace;
  const full = await inTurns(path, rounds, { connections, seconds });
  const throughput = rowFrom(`${path.name}, throughput`, 'per s', full, 'perSecond', path.target);
  if (path.p99Target === null) return [throughput];
  const half = await inTurns(
    path,
    rounds,
    { connections, seconds },
    { ours: throughput.ours / 2, bare: (throughput.bare ?? 0) / 2 },
  );
  return [throughput, rowFrom(`${path.name}, p99 at half load`, 'ms', half, 'p99', path.p99Target)];
}

interface Rounds {
  readonly ours: Load[];
  readonly bare: Load[];
}

async function inTurns(
  { ours, bare }: Path,
  rounds: number,
  shape: { readonly connections: number; readonly seconds: number },
  rates?: { readonly ours: number; readonly bare: number },
): Promise<Rounds> {
  const all: Rounds = { ours: [], bare: [] };
  for (let round = -1; round < rounds; round += 1) {
    for (const [program, { url, make }] of [
      ['ours', ours],
      ['bare', bare],
    ] as const) {
      const rate = rates && { rate: Math.max(1, Math.floor(rates[program])) };
      const figure = await load(url, make, { ...shape, ...rate });
      if (round >= 0) all[program].push(figure);
    }
  }
  return all;
}

function rowFrom(
  name: string,
  unit: string,
  { ours, bare }: Rounds,
  figure: keyof Load,
  target: number | null,
): Row {
  const [own, other] = [ours, bare].map((list) => list.map((each) => each[figure])) as [
    number[],
    number[],
  ];
  return rowOfRounds({ name, unit, target }, own, other);
}
