import { Injectable } from '@nestjs/common';

/**
 * First come, first served, within this process: of the works under one key one runs at a time. Placements wait for
 * the pool's row anyway; here they wait without each holding a database connection that webhooks need.
 */
@Injectable()
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Runs `work` after all earlier works of `key`, whether those succeeded or not. */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.last.get(key) === mine) this.last.delete(key);
    }
  }
}
