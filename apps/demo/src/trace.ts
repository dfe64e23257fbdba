import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';

export interface TraceMessage {
  /** Seconds from the start of the trace. */
  readonly seconds: number;
  readonly user: string;
}

/**
 * Reads a CSV with `t_seconds,user` and, if there are, `direction` and `count` (gzip or plain). Only what people
 * sent is played, in order of time.
 */
export async function readTrace(path: string): Promise<TraceMessage[]> {
  const file = createReadStream(path);
  const input = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  const messages: TraceMessage[] = [];
  let columns: string[] | null = null;
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    if (line === '' || line.startsWith('#')) continue;
    const cells = line.split(',');
    if (columns === null) {
      columns = cells.map((cell) => cell.trim());
      if (!columns.includes('t_seconds') || !columns.includes('user')) {
        throw new Error(`${path}: the columns t_seconds and user are expected, not ${line}`);
      }
      continue;
    }
    const cell = (name: string): string => cells[columns?.indexOf(name) ?? -1] ?? '';
    const seconds = Number(cell('t_seconds'));
    if (!Number.isFinite(seconds)) throw new Error(`${path}: "${line}" has no time`);
    if (cell('direction') === 'out') continue;
    const count = columns.includes('count') ? Number(cell('count')) : 1;
    for (let i = 0; i < count; i += 1) messages.push({ seconds, user: cell('user') });
  }
  return messages.sort((a, b) => a.seconds - b.seconds);
}
