const DAY_MS = 86_400_000;

/** A message as the simulator wrote it down. */
export interface BookEntry {
  readonly line: string;
  readonly direction: 'in' | 'out';
  readonly at: string;
  readonly idempotencyKey: string | null;
}

export interface CeilingReport {
  /** Messages of ours that answered nobody. */
  readonly unasked: number;
  /** Of those, the ones with which the line's last 24 hours went over what their class may use. */
  readonly over: number;
  /** Messages of ours under no key that the gate gave. */
  readonly unadmitted: number;
}

/**
 * Whether each message that left was let out, and no line went over a ceiling by one that was no reply. `classOf` has
 * the class under which the gate gave each key; `ceilingOf` how many messages in and out a line may have in 24 hours for
 * a class to be let out.
 */
export function checkCeilings(
  books: readonly BookEntry[],
  classOf: ReadonlyMap<string, string>,
  ceilingOf: (line: string, sendClass: string) => number,
): CeilingReport {
  const report = { unasked: 0, over: 0, unadmitted: 0 };
  const byLine = new Map<string, { at: number; entry: BookEntry }[]>();
  for (const entry of books) {
    const messages = byLine.get(entry.line) ?? [];
    messages.push({ at: Date.parse(entry.at), entry });
    byLine.set(entry.line, messages);
  }
  for (const [line, messages] of byLine) {
    messages.sort((a, b) => a.at - b.at);
    let oldest = 0;
    for (const [i, { at, entry }] of messages.entries()) {
      while ((messages[oldest]?.at ?? at) <= at - DAY_MS) oldest += 1;
      if (entry.direction === 'in') continue;
      const sendClass = classOf.get(entry.idempotencyKey ?? '');
      if (sendClass === undefined) report.unadmitted += 1;
      else if (sendClass !== 'reply') {
        report.unasked += 1;
        if (i - oldest + 1 > ceilingOf(line, sendClass)) report.over += 1;
      }
    }
  }
  return report;
}
