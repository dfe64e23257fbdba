import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Row } from './measure';

/** How a target is meant: a figure of at most so much, or at least that share of the bare one (at most, for a time). */
export type TargetKind = 'at-most' | 'share';

/** A row as a line of text, with whether its target is met. */
export function lineOf(row: Row, kind: TargetKind): string {
  const { name, ours, bare, ratio, target, unit, spread } = row;
  const word = (value: number): string => value.toPrecision(3);
  const range = ([low, high]: readonly [number, number]): string => `${word(low)} to ${word(high)}`;
  const own = `${name}: ${word(ours)} ${unit} (${range(spread.ours)})`;
  const beside =
    bare === null || ratio === null || spread.bare === null
      ? ''
      : `; bare ${word(bare)} (${range(spread.bare)}), ${word(ratio)} times`;
  const verdict =
    target === null ? '' : `; target ${target}: ${isMet(row, kind) ? 'met' : 'MISSED'}`;
  return `${own}${beside}${verdict}`;
}

function isMet({ ours, ratio, target, unit }: Row, kind: TargetKind): boolean {
  if (target === null) return true;
  if (kind === 'at-most') return ours <= target;
  return unit === 'ms' ? (ratio ?? Infinity) <= target : (ratio ?? 0) >= target;
}

/** Writes the rows and the machine to `bench/results/NAME.json`. */
export function writeRows(name: string, rows: readonly Row[]): void {
  const [processor] = cpus();
  const machine = {
    processor: processor?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
  const folder = join(process.cwd(), 'bench/results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ machine, rows }, null, 2)}\n`);
  console.log(`Written to bench/results/${name}.json`);
}
