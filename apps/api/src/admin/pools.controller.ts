import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { LookAtPools, type Principal } from '@linekeeper/application';
import { z } from 'zod';
import { Answers } from '../http/answers';
import { instant } from '../http/instants';
import { pageOf, pageOfAll, pageQuery } from '../http/pagination';
import { Allow, Caller } from '../http/principal';

const poolAnswer = z.object({
  id: z.string(),
  slug: z.string().describe('What `pool` is in requests'),
  name: z.string(),
  timeZone: z.string().describe('For whoever has none of their own'),
  lines: z.number().int().describe('Lines that are run here and not retired'),
  users: z.number().int().describe('Users with a place on a line of the pool'),
  createdAt: z.string(),
});

/** Pools: lines that may serve the same users. */
@ApiTags('Admin: lines')
@Controller('v1/admin/pools')
export class PoolsController {
  constructor(private readonly look: LookAtPools) {}

  @Get()
  @Allow('viewer')
  @Answers(200, 'A page of pools with their lines and users', pageOf(poolAnswer))
  async list(
    @Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>,
    @Caller() caller: Principal,
  ) {
    const pools = await this.look.execute(caller.poolIds);
    return pageOfAll(
      pools,
      query,
      ({ pool }) => pool.id,
      ({ pool, lines, users }): z.infer<typeof poolAnswer> => {
        const { id, slug, name, timeZone } = pool;
        return { id, slug, name, timeZone, lines, users, createdAt: instant(pool.createdAt) };
      },
    );
  }
}
