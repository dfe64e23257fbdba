/** The numbers a person holds beside the one they are on. */
export interface CoveredUser {
  readonly primaryLineId: string;
  readonly known: readonly {
    readonly lineId: string;
    readonly sureness: 'sent' | 'delivered' | 'known';
  }[];
}

/** Shares (0 to 1) of users who hold at least one usable fallback, by how sure we are of it. */
export interface Coverage {
  readonly users: number;
  readonly sent: number;
  readonly delivered: number;
  readonly known: number;
}

const RANK = { sent: 1, delivered: 2, known: 3 } as const;

/** Who could be reached if their line were lost now. An empty fleet is fully covered: there is nobody to lose. */
export function coverageOf(users: readonly CoveredUser[], usable: ReadonlySet<string>): Coverage {
  const best = users.map((user) =>
    user.known
      .filter(({ lineId }) => lineId !== user.primaryLineId && usable.has(lineId))
      .reduce((rank, { sureness }) => Math.max(rank, RANK[sureness]), 0),
  );
  const share = (rank: number): number =>
    users.length === 0 ? 1 : best.filter((each) => each >= rank).length / users.length;
  return { users: users.length, sent: share(1), delivered: share(2), known: share(3) };
}
