/** A check that is due. */
export interface DueCheck {
  readonly handle: string;
  readonly kind: 'phone' | 'email';
  /** The line that the person stands on; null when on none. */
  readonly ownLineId: string | null;
  /** The person said stop: nothing is asked about them. */
  readonly isStopped: boolean;
}

/** A line that may check. Lines with the same slot share its pace. */
export interface CheckingLine {
  readonly id: string;
  readonly slot: string;
  /** Whether its slot is free now. */
  readonly isFree: boolean;
  /** V2 checks numbers only. */
  readonly takesEmail: boolean;
}

export interface ChecksPlan {
  readonly begin: readonly { readonly handle: string; readonly line: CheckingLine }[];
  readonly stopped: readonly string[];
  /** Those that no line may check now, busy or not. */
  readonly unserved: readonly string[];
}

/**
 * Which line makes which check, in the order of the checks, each slot once: the person's own line if its slot is free,
 * else the first that has a free one. Whoever finds all slots busy waits, and is in none of the lists.
 */
export function planChecks(due: readonly DueCheck[], lines: readonly CheckingLine[]): ChecksPlan {
  const begin: { handle: string; line: CheckingLine }[] = [];
  const stopped: string[] = [];
  const unserved: string[] = [];
  const taken = new Set<string>();
  for (const { handle, kind, ownLineId, isStopped } of due) {
    if (isStopped) {
      stopped.push(handle);
      continue;
    }
    const able = lines.filter(({ takesEmail }) => kind === 'phone' || takesEmail);
    if (able.length === 0) {
      unserved.push(handle);
      continue;
    }
    const free = able.filter(({ slot, isFree }) => isFree && !taken.has(slot));
    const line = free.find(({ id }) => id === ownLineId) ?? free[0];
    if (!line) continue;
    taken.add(line.slot);
    begin.push({ handle, line });
  }
  return { begin, stopped, unserved };
}
