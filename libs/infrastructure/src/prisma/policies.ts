import { type ActivePolicy, Policies, type UnitOfWork } from '@linekeeper/application';
import { DEFAULT_FLEET_POLICY } from '@linekeeper/domain';

/** A version made by another process holds here after this long at the latest. */
const CACHE_MS = 1_000;

/** Keeps the newest policy in memory. An environment without any gets version 1 from the defaults. */
export class StoredPolicies extends Policies {
  private cached: ActivePolicy | null = null;
  private readAt = 0;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly monotonicMs: () => number,
  ) {
    super();
  }

  async active(): Promise<ActivePolicy> {
    const at = this.monotonicMs();
    if (this.cached && at - this.readAt < CACHE_MS) return this.cached;
    const newest = await this.unitOfWork.read.policies.newest();
    this.cached = newest
      ? { version: newest.version, policy: newest.document }
      : { version: 1, policy: DEFAULT_FLEET_POLICY };
    this.readAt = at;
    return this.cached;
  }

  refresh(): void {
    this.cached = null;
  }
}
