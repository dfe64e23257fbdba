import { type EpochMs, SECOND_MS } from '@linekeeper/domain';

/** The jobs, by the names that the API and the leases know. */
export const JOB_NAMES = [
  'drain-inbox',
  'run-failovers',
  'expire-reservations',
  'promote-waiting',
  'poll-lines',
  'watch-lines',
  'share-contact-cards',
  'issue-cards',
  'check-line-cards',
  'advance-ramp',
  'close-budget-day',
  'rebalance',
  'assess-losses',
  'repair-gaps',
  'ask-outcomes',
  'reconcile-ledger',
  'deliver-events',
  'forget-old',
] as const;
export type JobName = (typeof JOB_NAMES)[number];

/**
 * How often each job looks, in seconds. Every job looks at the whole state and does what is due, so a missed or a
 * doubled run is harmless; the day is closed by whichever run comes first after its end.
 */
export const JOB_EVERY_SECONDS: Readonly<Record<JobName, number>> = {
  // The inbox is emptied at every beat; its job is for operators, and for the record of its runs.
  'drain-inbox': 3_600,
  // A flagged line is failed over at once; this is for drains, for people without a number, and after a crash.
  'run-failovers': 300,
  'expire-reservations': 300,
  // Where nobody waits it is one question a pool.
  'promote-waiting': 300,
  'poll-lines': 300,
  // Outcomes are taken up as they come in; this is for canaries, and for what time alone brings about.
  'watch-lines': 300,
  // Threads count as active for five minutes: looking less often would miss some.
  'share-contact-cards': 300,
  // A person counts as active for three rounds of it.
  'issue-cards': 300,
  // What lines show rarely changes, and a line that is as it should be is asked after four times a day.
  'check-line-cards': 3_600,
  'advance-ramp': 300,
  'close-budget-day': 600,
  rebalance: 3_600,
  // One aggregate over the people of each pool; cards and lines change slowly.
  'assess-losses': 900,
  // It looks for signs of lost events, which cost nothing; only a sign makes it read.
  'repair-gaps': 300,
  // Only of V2 anything is asked for. More often would be more haste than a careful guest shows.
  'ask-outcomes': 300,
  'reconcile-ledger': 3_600,
  // Events are posted as they come, beside the jobs, which wait for no endpoint; this hands out, and forgets what is old.
  'deliver-events': 300,
  'forget-old': 3_600,
};

/** The first instant at which a job is due, given its last run. Aligned, so that several fall together. */
export function dueAt(name: JobName, lastRunAt: EpochMs | null, now: EpochMs): EpochMs {
  if (lastRunAt === null) return now;
  const everyMs = JOB_EVERY_SECONDS[name] * SECOND_MS;
  return (Math.floor(lastRunAt / everyMs) + 1) * everyMs;
}

export function isJobName(name: string): name is JobName {
  return (JOB_NAMES as readonly string[]).includes(name);
}
