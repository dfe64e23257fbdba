import { Injectable } from '@nestjs/common';
import { MINUTE_MS } from '@linekeeper/domain';
import { Clock, UnitOfWork } from '../../ports';

/** Events that wait for longer than this say that nobody drains the inbox. */
const MAX_BACKLOG_MS = 10 * MINUTE_MS;

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, 'ok' | 'unavailable' | 'behind'>>;
}

/** Whether this process can do its work. A backlog is told but does not take the process out of service. */
@Injectable()
export class CheckReadiness {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  async execute(): Promise<Readiness> {
    try {
      const environment = await this.unitOfWork.read.environment.get();
      const { oldestPendingAt } = await this.unitOfWork.read.inbox.counts();
      const behind =
        oldestPendingAt !== null && this.clock.now() - oldestPendingAt > MAX_BACKLOG_MS;
      return {
        ready: environment !== null,
        checks: {
          database: environment === null ? 'unavailable' : 'ok',
          inbox: behind ? 'behind' : 'ok',
        },
      };
    } catch {
      return { ready: false, checks: { database: 'unavailable' } };
    }
  }
}
