import type { LineRecord } from '@linekeeper/application';
import type { Ask, Prepared } from './database';
import type { Line } from './generated/client';
import { LINE_INSTANTS, rowFromJson } from './json-rows';
import { lineRecordOf } from './stores/line-store';

/** A line as it was read, with the most messages that it carried on one of its last seven closed days. */
export interface SeenLine {
  readonly line: LineRecord;
  readonly maxDailyUse7d: number;
}

/** Which row of a line is meant: PostgreSQL writes the transaction that made it into every row. */
interface Version {
  readonly id: string;
  readonly version: string;
}

/**
 * Lines by the version of their row. A line changes some hundred times a day and is looked at for each message, so that
 * its fifty columns are read once a change, and a look asks only whether they are the same still. What a line carried
 * on its closed days goes by the same version: closing a day writes the line.
 */
export class LineVersions {
  private readonly seen = new Map<string, SeenLine & { readonly version: string }>();

  constructor(private readonly ask: Ask) {}

  /** The lines by their ids. One that has changed since its version was told is given as it is now. */
  async of(
    versions: readonly Version[],
    ask: Ask = this.ask,
  ): Promise<ReadonlyMap<string, SeenLine>> {
    const unknown = new Set<string>();
    for (const { id, version } of versions) {
      if (this.seen.get(id)?.version !== version) unknown.add(id);
    }
    if (unknown.size > 0) await this.read([...unknown], ask);
    return this.seen;
  }

  private async read(ids: readonly string[], ask: Ask): Promise<void> {
    const rows = await ask<{ version: string; line: Record<string, unknown>; most: number }>(READ, [
      ids,
    ]);
    for (const { version, line: json, most } of rows) {
      const line = lineRecordOf(rowFromJson(json, LINE_INSTANTS) as unknown as Line);
      this.seen.set(line.id, { version, line, maxDailyUse7d: most });
    }
  }
}

/** Every line of the fleet, each read once for each version of its row. Never after the asker changed a line itself. */
export async function linesSeen(versions: LineVersions, ask: Ask): Promise<LineRecord[]> {
  const now = await ask<Version>(VERSIONS, []);
  const seen = await versions.of(now, ask);
  return now.flatMap(({ id }) => seen.get(id)?.line ?? []);
}

const VERSIONS: Prepared = {
  name: 'lines-versions',
  text: 'SELECT id, xmin::text AS version FROM lines ORDER BY phone_number',
};

const READ: Prepared = {
  name: 'lines-read',
  text: `
  SELECT l.xmin::text AS version, to_jsonb(l) AS line,
    (SELECT coalesce(max(d."in" + d.out), 0)::int FROM
      (SELECT "in", out FROM line_days WHERE line_id = l.id ORDER BY day DESC LIMIT 7) d) AS most
  FROM lines l WHERE l.id = ANY($1::uuid[])`,
};
