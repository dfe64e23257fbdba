import { Injectable } from '@nestjs/common';
import { type PoolRecord, UnitOfWork } from '../../ports';
import { EVERY_POOL, type PoolScope, sees } from '../shared';

export interface PoolState {
  readonly pool: PoolRecord;
  /** Lines that are ours to run and not retired. */
  readonly lines: number;
  /** Users with a place on any line of the pool, retired ones included. */
  readonly users: number;
}

/** The pools there are, with what is in them. */
@Injectable()
export class LookAtPools {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Of the pools that the caller may see, in the order in which they were made. */
  async execute(poolIds: PoolScope = EVERY_POOL): Promise<PoolState[]> {
    const { pools, lines } = this.unitOfWork.read;
    const [all, own] = await Promise.all([pools.list(), lines.list()]);
    return all
      .filter(({ id }) => sees(poolIds, id))
      .map((pool) => {
        const within = own.filter(({ poolId }) => poolId === pool.id);
        const serving = within.filter((line) => line.managed && line.adminState !== 'retired');
        const users = within.reduce((sum, line) => sum + line.users, 0);
        return { pool, lines: serving.length, users };
      });
  }
}
