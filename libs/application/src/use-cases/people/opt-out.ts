import { Injectable } from '@nestjs/common';
import type { Actor } from '../../actor';
import { type SuppressionRecord, UnitOfWork, type UserRecord } from '../../ports';
import { Decisions, type PoolScope, userOr404 } from '../shared';
import { liftSuppression, suppressUser } from './suppression';

/** Opt-out and opt-in by the app, and the list of who is suppressed. */
@Injectable()
export class OptOuts {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
  ) {}

  optOut(userId: string, reason: string, actor: Actor, scope: PoolScope): Promise<UserRecord> {
    return this.change(userId, reason, actor, scope, suppressUser);
  }

  optIn(userId: string, reason: string, actor: Actor, scope: PoolScope): Promise<UserRecord> {
    return this.change(userId, reason, actor, scope, liftSuppression);
  }

  list(page: {
    limit: number;
    after?: string;
    poolIds?: PoolScope;
  }): Promise<{ userId: string; suppression: SuppressionRecord }[]> {
    return this.unitOfWork.read.users.suppressed(page);
  }

  private async change(
    userId: string,
    reason: string,
    actor: Actor,
    scope: PoolScope,
    how: typeof suppressUser | typeof liftSuppression,
  ): Promise<UserRecord> {
    const decision = await this.decisions.begin(actor);
    return this.unitOfWork.run(async (stores) => {
      await stores.merges.keepOut();
      const user = await userOr404(stores, userId, scope);
      const wish = { source: 'api', reason, at: decision.now } as const;
      return { ...user, suppression: await how(stores, user, wish, decision) };
    });
  }
}
