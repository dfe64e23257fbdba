import type { FleetPolicy } from '@linekeeper/domain';

export interface ActivePolicy {
  readonly version: number;
  readonly policy: FleetPolicy;
}

/** The fleet policy in force. Cheap to ask: the newest version is kept in memory and refreshed when it changes. */
export abstract class Policies {
  abstract active(): Promise<ActivePolicy>;
  /** Forgets what it remembers, so that a new version holds at once in this process. */
  abstract refresh(): void;
}
