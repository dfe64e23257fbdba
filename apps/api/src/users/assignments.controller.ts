import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ChangeAssignment, GetUsers, type Principal } from '@linekeeper/application';
import type { z } from 'zod';
import { actorOf } from '../http/actor';
import { Answers } from '../http/answers';
import { idParam } from '../http/operator-body';
import { Allow, Caller } from '../http/principal';
import { placedAnswer, poolQuery, reasonBody, reassignBody } from './user.schemas';
import { explanationView, placedView } from './user.views';

type PoolQuery = z.infer<typeof poolQuery>;
type ReasonBody = z.infer<typeof reasonBody>;

/** Where a user stands, why, and what an app may do about it. */
@ApiTags('Users')
@Controller('v1/users/:id/assignment')
export class AssignmentsController {
  constructor(
    private readonly getUsers: GetUsers,
    private readonly assignments: ChangeAssignment,
  ) {}

  @Get()
  @Allow('app')
  @Answers(200, 'The line, the fallbacks and the card', placedAnswer)
  async get(
    @Param('id', { schema: idParam }) id: string,
    @Query({ schema: poolQuery }) { pool }: PoolQuery,
    @Caller() caller: Principal,
  ) {
    return placedView(await this.getUsers.assignment(id, pool, caller.poolIds));
  }

  @Get('explain')
  @Allow('app')
  @ApiOperation({
    summary:
      'Candidates, what removed each, score parts, the card, the numbers and the policy it all rests on, and every change since',
  })
  @Answers(200, 'The plan that placed the user, and the history')
  async explain(
    @Param('id', { schema: idParam }) id: string,
    @Query({ schema: poolQuery }) { pool }: PoolQuery,
    @Caller() caller: Principal,
  ) {
    return explanationView(await this.getUsers.explain(id, pool, caller.poolIds));
  }

  @Post('confirm')
  @Allow('app')
  @HttpCode(200)
  @Answers(200, 'The assignment lasts from now on', placedAnswer)
  async confirm(
    @Param('id', { schema: idParam }) id: string,
    @Query({ schema: poolQuery }) { pool }: PoolQuery,
    @Body({ schema: reasonBody.optional() }) body: ReasonBody | undefined,
    @Caller() caller: Principal,
  ) {
    return placedView(
      await this.assignments.confirm(request(id, pool, body, caller), actorOf(caller)),
    );
  }

  @Post('reassign')
  @Allow('operator')
  @HttpCode(200)
  @ApiOperation({ summary: 'Move the user; without a line to the best one whose number they hold' })
  @Answers(200, 'Moved', placedAnswer)
  async reassign(
    @Param('id', { schema: idParam }) id: string,
    @Query({ schema: poolQuery }) { pool }: PoolQuery,
    @Body({ schema: reassignBody }) body: z.infer<typeof reassignBody>,
    @Caller() caller: Principal,
  ) {
    const asked = { ...request(id, pool, body, caller), lineId: body.lineId };
    return placedView(await this.assignments.reassign(asked, actorOf(caller)));
  }

  @Post('pin')
  @Allow('app')
  @HttpCode(200)
  @Answers(200, 'Nothing but a failover moves this user now', placedAnswer)
  async pin(
    @Param('id', { schema: idParam }) id: string,
    @Query({ schema: poolQuery }) { pool }: PoolQuery,
    @Body({ schema: reasonBody.optional() }) body: ReasonBody | undefined,
    @Caller() caller: Principal,
  ) {
    return placedView(
      await this.assignments.pin(request(id, pool, body, caller), true, actorOf(caller)),
    );
  }

  @Post('unpin')
  @Allow('app')
  @HttpCode(200)
  @Answers(200, 'The user may be moved again', placedAnswer)
  async unpin(
    @Param('id', { schema: idParam }) id: string,
    @Query({ schema: poolQuery }) { pool }: PoolQuery,
    @Body({ schema: reasonBody.optional() }) body: ReasonBody | undefined,
    @Caller() caller: Principal,
  ) {
    return placedView(
      await this.assignments.pin(request(id, pool, body, caller), false, actorOf(caller)),
    );
  }
}

function request(
  userId: string,
  pool: string | undefined,
  body: ReasonBody | undefined,
  caller: Principal,
) {
  return { userId, pool, poolIds: caller.poolIds, reason: body?.reason ?? 'asked for by the app' };
}
