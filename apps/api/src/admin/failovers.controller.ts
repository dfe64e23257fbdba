import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  FAILOVER_STATES,
  FAILOVER_VERBS,
  type FailoverRecord,
  Failovers,
  type FailoverSeen,
  type FailoverVerb,
  type Principal,
} from '@linekeeper/application';
import { z } from 'zod';
import { actorOf } from '../http/actor';
import { Answers } from '../http/answers';
import { instant, instantOrNull } from '../http/instants';
import { idParam, verbBody } from '../http/operator-body';
import { afterOf, pageFrom, pageQuery } from '../http/pagination';
import { Allow, Caller } from '../http/principal';

const listQuery = pageQuery.extend({ state: z.enum(FAILOVER_STATES).optional() });

/** Failovers: how far they are, and the brakes on them. */
@ApiTags('Admin: failovers')
@Controller('v1/admin/failovers')
export class FailoversController {
  constructor(private readonly failovers: Failovers) {}

  @Get()
  @Allow('viewer')
  @Answers(200, 'A page of failovers, the newest first')
  async list(
    @Query({ schema: listQuery }) query: z.infer<typeof listQuery>,
    @Caller() caller: Principal,
  ) {
    const after = afterOf(query.cursor);
    const rows = await this.failovers.list({
      limit: query.limit + 1,
      poolIds: caller.poolIds,
      ...(after === undefined ? {} : { after }),
      ...(query.state === undefined ? {} : { states: [query.state] }),
    });
    return pageFrom(rows, query.limit, ({ id }) => id, seenView);
  }

  @Get(':id')
  @Allow('viewer')
  @Answers(200, 'The failover and its first moves')
  async get(@Param('id', { schema: idParam }) id: string, @Caller() caller: Principal) {
    const { failover, moves } = await this.failovers.byId(id, caller.poolIds);
    return {
      ...seenView(failover),
      moves: moves.map(({ failoverId: _failover, ...move }) => ({
        ...move,
        contactSlotAt: instantOrNull(move.contactSlotAt),
        contactedAt: instantOrNull(move.contactedAt),
        at: instant(move.at),
      })),
    };
  }

  @Post(':id/:verb')
  @Allow('operator')
  @HttpCode(200)
  @Answers(200, 'The failover after the step')
  async step(
    @Param('id', { schema: idParam }) id: string,
    @Param('verb', { schema: z.enum(FAILOVER_VERBS) }) verb: FailoverVerb,
    @Body({ schema: verbBody }) body: z.infer<typeof verbBody>,
    @Caller() caller: Principal,
  ) {
    return failoverView(await this.failovers.step(id, verb, body, actorOf(caller), caller.poolIds));
  }
}

export function failoverView(failover: FailoverRecord) {
  return {
    ...failover,
    startedAt: instant(failover.startedAt),
    etaAt: instantOrNull(failover.etaAt),
    deadline: instantOrNull(failover.deadline),
    finishedAt: instantOrNull(failover.finishedAt),
    updatedAt: instant(failover.updatedAt),
    takenUpAt: instantOrNull(failover.takenUpAt),
  };
}

function seenView({ progress, ...failover }: FailoverSeen) {
  return {
    ...failoverView(failover),
    progress: { ...progress, etaAt: instantOrNull(progress.etaAt) },
  };
}
