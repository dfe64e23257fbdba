/** What happened in a run, row by row: the CSV files, and the figures, are made from this alone. */
export interface AssignmentRow {
  readonly at: number;
  readonly user: number;
  readonly line: number;
  readonly reason: string;
}
export interface RefusedRow {
  readonly at: number;
  readonly user: number;
  readonly reason: string;
}
export interface MoveRow {
  readonly at: number;
  readonly user: number;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}
/** A message that is not in the traffic: ours that answers nothing in it, or a person's to an old thread. */
export interface ExtraRow {
  readonly at: number;
  readonly user: number;
  readonly line: number;
  readonly direction: 'in' | 'out';
  /** The gate's class of ours; `pull` for a person's. */
  readonly kind: string;
  /** Whether the person knew the number at that moment: saved on a card, or texted before. */
  readonly known: boolean;
  /** Whether the message began a thread. */
  readonly started: boolean;
  /** Seconds since it was due: since the person's message for an answer, since its slot for a first contact. */
  readonly waited: number;
  /** Messages in 24 hours beyond its class's ceiling after it, as known then. 0 unless the gate failed. */
  readonly above: number;
}
/** A message of the traffic that was not written, because its user waits to be reached. */
export interface UnsaidRow {
  readonly at: number;
  readonly user: number;
  readonly direction: number;
}

export class Records {
  readonly assignments: AssignmentRow[] = [];
  readonly refused: RefusedRow[] = [];
  readonly moves: MoveRow[] = [];
  readonly extra: ExtraRow[] = [];
  readonly unsaid: UnsaidRow[] = [];
  /** Messages of the traffic on a line, and those of users who were on none. */
  carried = 0;
  turnedAway = 0;
  /** Replies that found their line's day beyond its budget. */
  repliesOver = 0;
}
