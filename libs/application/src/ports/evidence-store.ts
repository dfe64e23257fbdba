import type { EpochMs, Probe, Suspicion } from '@linekeeper/domain';

/** How a message to one person ended, as far as it says something of the line. */
export interface RecipientOutcome {
  readonly lineId: string;
  readonly userId: string;
  readonly at: EpochMs;
  readonly outcome: 'good' | 'bad';
}

/** What the detectors hold against a line. */
export interface EvidenceRecord extends Suspicion {
  readonly lineId: string;
  /** The last time it turned suspect; kept when the suspicion is over. */
  readonly alarmedAt: EpochMs | null;
}

/** A message to one of our own test phones. */
export interface ProbeRecord {
  readonly messageId: string;
  readonly lineId: string;
  readonly handle: string;
  readonly at: EpochMs;
}

/** How a probe ended; null while nobody knows. */
export interface ProbeOutcome extends Omit<Probe, 'from' | 'ok'> {
  readonly lineId: string;
  readonly ok: boolean | null;
}

export abstract class EvidenceStore {
  /** Notes outcomes in one statement; of one recipient on one line the first in `withinMs` counts. */
  abstract note(outcomes: readonly RecipientOutcome[], withinMs: number): Promise<void>;
  /** Whether any noted outcome has not been taken yet. Does not grow with what was. */
  abstract isPending(): Promise<boolean>;
  /** The outcomes of these lines that were not taken before, in order of time; they count as taken. */
  abstract take(lineIds: readonly string[]): Promise<RecipientOutcome[]>;
  /** Good and bad recipients of each line since then. */
  abstract shares(since: EpochMs): Promise<Map<string, { good: number; bad: number }>>;
  /** How many people each line wrote to on its last seven closed days, summed. One query. */
  abstract recipientsOfWeek(lineIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Of every line that anything was ever held against. */
  abstract list(): Promise<EvidenceRecord[]>;
  abstract of(lineId: string): Promise<EvidenceRecord | null>;
  abstract save(records: readonly EvidenceRecord[], at: EpochMs): Promise<void>;
  /** A probe that is noted twice stands once. */
  abstract noteProbe(probe: ProbeRecord): Promise<void>;
  /** Probes since then with how their messages ended. */
  abstract probes(since: EpochMs): Promise<ProbeOutcome[]>;
  /** Forgets outcomes and probes from before. */
  abstract forget(before: EpochMs): Promise<void>;
}
