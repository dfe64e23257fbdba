import { type ActivePolicy, Policies, type UnitOfWork } from '@linekeeper/application';
import { DEFAULT_FLEET_POLICY } from '@linekeeper/domain';

/** A version made by another process holds here after this long at the latest. */
const CACHE_MS = 1_000;

/** Keeps the newest policy in memory. An environment without any gets version 1 from the defaults. */
export class StoredPolicies extends Policies {
  /** What was read last, or is being read: whoever asks meanwhile waits for the same answer. */
  private latest: { readonly askedAt: number; readonly answer: Promise<ActivePolicy> } | null =
    null;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly monotonicMs: () => number,
  ) {
    super();
  }

  async active(): Promise<ActivePolicy> {
    const now = this.monotonicMs();
    if (this.latest && now - this.latest.askedAt < CACHE_MS) return this.latest.answer;
    const latest = { askedAt: now, answer: this.read() };
    this.latest = latest;
    try {
      return await latest.answer;
    } catch (error) {
      if (this.latest === latest) this.latest = null;
      throw error;
    }
  }

  refresh(): void {
    this.latest = null;
  }

  private async read(): Promise<ActivePolicy> {
    const newest = await this.unitOfWork.read.policies.newest();
    return newest
      ? { version: newest.version, policy: newest.document }
      : { version: 1, policy: DEFAULT_FLEET_POLICY };
  }
}
