import { IN, OUT } from './traffic';

/** Rows of a trace as they stand in the file. `count` is above 1 where a row is a cell of many messages. */
export interface TraceRows {
  readonly seconds: Float64Array;
  /** 0 to users - 1, in order of first appearance. */
  readonly user: Uint32Array;
  readonly direction: Uint8Array;
  readonly count: Float64Array;
  readonly users: number;
  /** No row goes out: replies are not in the trace. */
  readonly oneWay: boolean;
  /** Rows are counts per cell, not messages. */
  readonly cells: boolean;
}

/**
 * Reads a CSV with the columns `t_seconds` and `user`, and optionally `direction` (`in`, `out`, empty: `in`) and
 * `count`, sorted by time or not. Throws with the line's number on what it cannot read.
 */
export function parseTrace(text: string): TraceRows {
  const lines = text.split('\n');
  const header = (lines[0] ?? '').trim().split(',');
  const column = (name: string): number => header.indexOf(name);
  const [at, who, way, many] = [
    column('t_seconds'),
    column('user'),
    column('direction'),
    column('count'),
  ];
  if (at < 0 || who < 0) throw new Error('A trace needs the columns t_seconds and user');
  const size = lines.length - 1;
  const rows = {
    seconds: new Float64Array(size),
    user: new Uint32Array(size),
    direction: new Uint8Array(size),
    count: new Float64Array(size),
  };
  const ids = new Map<string, number>();
  let filled = 0;
  let oneWay = true;
  for (let i = 1; i < lines.length; i += 1) {
    const fields = (lines[i] ?? '').trim().split(',');
    if (fields.length === 1 && fields[0] === '') continue;
    const seconds = Number(fields[at]);
    const id = fields[who];
    const count = many < 0 ? 1 : Number(fields[many]);
    if (!(seconds >= 0) || id === undefined || id === '' || !(count >= 0)) {
      throw new Error(`Line ${i + 1} of the trace cannot be read`);
    }
    const user = ids.get(id) ?? ids.size;
    ids.set(id, user);
    const out = way >= 0 && fields[way] === 'out';
    if (out) oneWay = false;
    rows.seconds[filled] = seconds;
    rows.user[filled] = user;
    rows.direction[filled] = out ? OUT : IN;
    rows.count[filled] = count;
    filled += 1;
  }
  return {
    seconds: rows.seconds.subarray(0, filled),
    user: rows.user.subarray(0, filled),
    direction: rows.direction.subarray(0, filled),
    count: rows.count.subarray(0, filled),
    users: ids.size,
    oneWay,
    cells: many >= 0,
  };
}
