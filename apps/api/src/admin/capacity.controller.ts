import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  type CapacityReport,
  PlanCapacity,
  type Principal,
  Simulate,
} from '@linekeeper/application';
import { DAY_MS, type EpochMs } from '@linekeeper/domain';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Answers } from '../http/answers';
import { Idempotent } from '../http/idempotency.interceptor';
import { instant } from '../http/instants';
import { idParam } from '../http/operator-body';
import { Allow, Caller } from '../http/principal';
import { capacityQuery, simulationAnswer, simulationBody } from './capacity.schemas';

type SimulationView = z.infer<typeof simulationAnswer>;

/** How many lines there must be, by when, for what price; and what would be if. */
@ApiTags('Admin: capacity')
@Controller('v1/admin')
export class CapacityController {
  constructor(
    private readonly planCapacity: PlanCapacity,
    private readonly simulate: Simulate,
  ) {}

  @Get('capacity')
  @Allow('viewer')
  @ApiOperation({
    summary:
      'Users per line, lines needed by date, what could be returned, money, losses, the pilot',
  })
  @Answers(200, 'The plan of each pool')
  async capacity(
    @Query({ schema: capacityQuery }) query: z.infer<typeof capacityQuery>,
    @Caller() caller: Principal,
  ) {
    return capacityView(await this.planCapacity.execute(query, caller.poolIds));
  }

  @Post('simulations')
  @Allow('operator')
  @Idempotent()
  @HttpCode(202)
  @ApiOperation({
    summary:
      'Run a what-if on the live fleet in a thread of its own, one at a time; poll for the end',
  })
  @Answers(202, 'Begun; Location says where to ask', simulationAnswer)
  @Answers(409, 'simulation.running')
  @Answers(422, 'simulation.too_large, or a body that is not as expected')
  async begin(
    @Body({ schema: simulationBody }) body: z.infer<typeof simulationBody>,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SimulationView> {
    const { id } = await this.simulate.begin(body, caller.poolIds);
    void reply.header('location', `/v1/admin/simulations/${id}`);
    return this.view(id, caller);
  }

  @Get('simulations/:id')
  @Allow('viewer')
  @Answers(200, 'How far it is; its table when it is completed', simulationAnswer)
  @Answers(
    404,
    'simulation.not_found: results are kept by the process that ran it, the newest ones',
  )
  get(@Param('id', { schema: idParam }) id: string, @Caller() caller: Principal): SimulationView {
    return this.view(id, caller);
  }

  private view(id: string, caller: Principal): SimulationView {
    const { question, progress, ...record } = this.simulate.byId(id, caller.poolIds);
    const { policy: _policy, lines, ...asked } = question;
    return {
      id: record.id,
      poolId: record.poolId,
      policyVersion: record.policyVersion,
      startedAt: instant(record.startedAt),
      state: progress.state,
      progressPercent: progress.state === 'running' ? Math.floor(100 * progress.share) : 100,
      failure: progress.state === 'failed' ? progress.why : null,
      question: { ...asked, policies: [...asked.policies], lines: lines.length },
      table: progress.state === 'completed' ? [...progress.rows] : null,
    };
  }
}

/** Days from now as dates too: an order has a date. */
function capacityView({ now, policyVersion, assumptions, pools }: CapacityReport) {
  const dateIn = (days: number | null): string | null =>
    days === null ? null : dayOf(now + days * DAY_MS);
  return {
    now: instant(now),
    policyVersion,
    assumptions,
    pools: pools.map(({ plan, ...pool }) => ({
      ...pool,
      ...plan,
      fullBy: dateIn(plan.fullInDays),
      orderBy: dateIn(plan.orderInDays),
      needs: plan.needs.map((need) => ({
        ...need,
        date: dateIn(need.inDays),
        orderBy: dateIn(need.orderInDays),
      })),
    })),
  };
}

const dayOf = (at: EpochMs): string => instant(at).slice(0, 10);
