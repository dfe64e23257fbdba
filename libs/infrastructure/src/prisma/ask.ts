/** A statement that PostgreSQL plans once a connection; planning a long one takes longer than running it. */
export interface Prepared {
  readonly name: string;
  readonly text: string;
}

/** Runs a statement that is prepared where that is possible. */
export type Ask = <Row extends object>(
  statement: Prepared,
  values: readonly unknown[],
) => Promise<Row[]>;
