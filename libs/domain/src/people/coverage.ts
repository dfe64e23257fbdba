/** The numbers a person holds beside the one they are on. */
export interface CoveredUser {
  readonly primaryLineId: string;
  readonly known: readonly {
    readonly lineId: string;
    readonly sureness: 'sent' | 'delivered' | 'known';
  }[];
}

/** How many users hold at least one usable fallback, by how sure we are of it: each degree counts those above it too. */
export interface CoverageCount {
  readonly users: number;
  readonly sent: number;
  readonly delivered: number;
  readonly known: number;
}

/** The same as shares (0 to 1) of the users. */
export type Coverage = CoverageCount;

const RANK = { sent: 1, delivered: 2, known: 3 } as const;

export const NOBODY: CoverageCount = { users: 0, sent: 0, delivered: 0, known: 0 };

/** Who could be reached if their line were lost now: the lines other than their own are as usable as they are. */
export function countCoverage(
  users: readonly CoveredUser[],
  usable: ReadonlySet<string>,
): CoverageCount {
  const best = users.map((user) =>
    user.known
      .filter(({ lineId }) => lineId !== user.primaryLineId && usable.has(lineId))
      .reduce((rank, { sureness }) => Math.max(rank, RANK[sureness]), 0),
  );
  const atLeast = (rank: number): number => best.filter((each) => each >= rank).length;
  return { users: users.length, sent: atLeast(1), delivered: atLeast(2), known: atLeast(3) };
}

export function addCoverage(one: CoverageCount, other: CoverageCount): CoverageCount {
  return {
    users: one.users + other.users,
    sent: one.sent + other.sent,
    delivered: one.delivered + other.delivered,
    known: one.known + other.known,
  };
}

/** An empty fleet is fully covered: there is nobody to lose. */
export function coverageOf({ users, sent, delivered, known }: CoverageCount): Coverage {
  const share = (count: number): number => (users === 0 ? 1 : count / users);
  return { users, sent: share(sent), delivered: share(delivered), known: share(known) };
}
