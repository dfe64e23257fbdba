import { parseArgs } from 'node:util';

export interface Flags {
  readonly demo: boolean;
  /** A trace whose people play instead of the story's. */
  readonly trace: string | null;
  /** Virtual seconds a second once the product stands. */
  readonly speed: number;
}

/** What may follow `npm start --`. */
export function readFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'no-demo': { type: 'boolean', default: false },
      trace: { type: 'string' },
      speed: { type: 'string', default: '1' },
    },
  });
  const speed = Number(values.speed);
  if (!Number.isFinite(speed) || speed < 0) {
    throw new Error(`--speed ${values.speed}: a number of virtual seconds a second is expected`);
  }
  return { demo: !values['no-demo'], trace: values.trace ?? null, speed };
}
