/**
 * The numbers of our advisory locks in the database: arbitrary, and each its own, because PostgreSQL knows them by
 * nothing else. The locks of single lines are hashes of their ids.
 */
export const ADVISORY_LOCKS = {
  /** Which processes work on the database: one alone, or several that share it. */
  processes: 7_240_417_001,
  /** Somebody migrates the database. */
  migration: 7_240_417_002,
  /** Nobody becomes somebody else now. */
  people: 7_240_417_003,
  /** Somebody makes a version of the policy. */
  policy: 7_240_417_004,
} as const;
