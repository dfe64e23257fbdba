import * as people from './people';
import * as sends from './sends';
import * as inbox from './inbox';
import * as lines from './lines';
import * as jobs from './jobs';
import * as events from './events';
import * as capacity from './capacity';
import * as checks from './checks';
import * as access from './access';
import { Decisions, Turns } from './shared';

export * from './people';
export * from './sends';
export * from './inbox';
export * from './lines';
export * from './capacity';
export * from './events';
export * from './jobs';
export * from './checks';
export * from './access';
export type { PoolScope } from './shared';

/** Every use-case, for the module that provides them. */
export const USE_CASES = [
  Decisions,
  Turns,
  ...people.PEOPLE_USE_CASES,
  ...sends.SENDS_USE_CASES,
  ...inbox.INBOX_USE_CASES,
  ...lines.LINES_USE_CASES,
  ...capacity.CAPACITY_USE_CASES,
  ...events.EVENTS_USE_CASES,
  ...checks.CHECKS_USE_CASES,
  ...jobs.JOBS_USE_CASES,
  ...access.ACCESS_USE_CASES,
];
