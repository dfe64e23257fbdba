import type { LineRecord } from '@linekeeper/application';
import type { Ask, Prepared } from './database';
import { lineFromJson, type LineJson } from './line-from-json';

/** A line as it was read, with the most messages that it carried on one of its last seven closed days. */
export interface SeenLine {
  readonly line: LineRecord;
  readonly maxDailyUse7d: number;
}

/** A line with what it carried since some hour. */
export interface LineInUse extends SeenLine {
  readonly used: number;
}

/** Which row of a line is meant: PostgreSQL writes the transaction that made it, and its place, into every row. */
interface Version {
  readonly id: string;
  readonly version: string;
}

/** What was read of a line whose version was unknown; nulls where it was known. */
interface Read {
  readonly id: string;
  readonly version: string;
  readonly line: LineJson | null;
  readonly most: number | null;
}

type Remembered = SeenLine & { readonly version: string };

/**
 * Lines by the version of their row. A line changes some hundred times a day and is looked at for each message, so that
 * its fifty columns are read once a change, and a look asks only whether they are the same still. What a line carried
 * on its closed days goes by the same version: closing a day writes the line.
 */
export class LineVersions {
  private readonly seen = new Map<string, Remembered>();

  constructor(private readonly ask: Ask) {}

  /** The lines by their ids. One that has changed since its version was told is given as it is now. */
  async of(
    versions: readonly Version[],
    ask: Ask = this.ask,
  ): Promise<ReadonlyMap<string, SeenLine>> {
    const lines = new Map<string, SeenLine>();
    const unknown = new Set<string>();
    for (const { id, version } of versions) {
      const known = this.seen.get(id);
      if (known?.version === version) lines.set(id, known);
      else unknown.add(id);
    }
    if (unknown.size === 0) return lines;
    for (const read of await ask<Read>(READ, [[...unknown]])) {
      lines.set(read.id, this.remember(read, undefined));
    }
    return lines;
  }

  /** The lines of a pool, or of all, with what each carried since an epoch hour; by their numbers. One round trip. */
  async inUse(
    poolId: string | null,
    sinceHour: number,
    ask: Ask = this.ask,
  ): Promise<readonly LineInUse[]> {
    const known = this.knownOf(poolId);
    const rows = await ask<Read & { used: number }>(IN_USE, [
      poolId,
      sinceHour,
      JSON.stringify(Object.fromEntries([...known].map(([id, { version }]) => [id, version]))),
    ]);
    return rows.map((read) => {
      const { line, maxDailyUse7d } = this.remember(read, known.get(read.id));
      return { line, maxDailyUse7d, used: read.used };
    });
  }

  /** As they are now: what is read meanwhile does not change them. */
  private knownOf(poolId: string | null): ReadonlyMap<string, Remembered> {
    if (poolId === null) return new Map(this.seen);
    return new Map([...this.seen].filter(([, { line }]) => line.poolId === poolId));
  }

  private remember(
    { id, version, line: row, most }: Read,
    known: Remembered | undefined,
  ): SeenLine {
    if (row === null || most === null) {
      if (known?.version !== version) throw new Error(`The line ${id} was not read`);
      return known;
    }
    const read = { version, line: lineFromJson(row), maxDailyUse7d: most };
    this.seen.set(id, read);
    return read;
  }
}

/** Every line of the fleet, each read once for each version of its row. */
export async function linesSeen(versions: LineVersions, ask: Ask): Promise<LineRecord[]> {
  const now = await ask<Version>(VERSIONS, []);
  const seen = await versions.of(now, ask);
  return now.flatMap(({ id }) => seen.get(id)?.line ?? []);
}

/** SQL: the version of the row of `lines` that goes by a name. A row that one transaction writes twice has two places. */
export function versionOf(row: string): string {
  return `${row}.xmin::text || ' ' || ${row}.ctid::text`;
}

/** SQL: the most that a line carried on one of its last seven closed days. */
const MOST = `(SELECT coalesce(max(d."in" + d.out), 0)::int FROM
  (SELECT "in", out FROM line_days WHERE line_id = l.id ORDER BY day DESC LIMIT 7) d)`;

const VERSIONS: Prepared = {
  name: 'lines-versions',
  text: `SELECT l.id, ${versionOf('l')} AS version FROM lines l ORDER BY l.phone_number`,
};

const READ: Prepared = {
  name: 'lines-read',
  text: `
  SELECT l.id, ${versionOf('l')} AS version, to_jsonb(l) AS line, ${MOST} AS most
  FROM lines l WHERE l.id = ANY($1::uuid[])`,
};

// A line whose version the asker knows is not read. Looked up in one document: of a join the planner would make what it likes.
const IN_USE: Prepared = {
  name: 'lines-in-use',
  text: `
  SELECT l.id, l.version, l.used,
    CASE WHEN l.is_known THEN NULL ELSE to_jsonb(l.line) END AS line,
    CASE WHEN l.is_known THEN NULL ELSE ${MOST} END AS most
  FROM (SELECT l.id, l AS line, l.phone_number, ${versionOf('l')} AS version,
      coalesce($3::jsonb ->> l.id::text = ${versionOf('l')}, false) AS is_known,
      (SELECT coalesce(sum(h."in" + h.out), 0)::int FROM line_hours h
        WHERE h.line_id = l.id AND h.hour >= $2::int) AS used
    FROM lines l WHERE $1::uuid IS NULL OR l.pool_id = $1::uuid) l
  ORDER BY l.phone_number`,
};
