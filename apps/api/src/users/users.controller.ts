import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  Capabilities,
  EraseUser,
  GetUsers,
  MergeUsers,
  OnboardUser,
  OptOuts,
  type Principal,
} from '@linekeeper/application';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { actorOf } from '../http/actor';
import { Answers } from '../http/answers';
import { Idempotent, WorkId } from '../http/idempotency.interceptor';
import { idParam } from '../http/operator-body';
import { afterOf, pageFrom, pageOf } from '../http/pagination';
import { Allow, Caller } from '../http/principal';
import {
  capabilityCheckAnswer,
  emptyBody,
  mergeAnswer,
  mergeBody,
  newUserBody,
  onboardedAnswer,
  reasonBody,
  userAnswer,
  userDetail,
  userListQuery,
  waitListedAnswer,
} from './user.schemas';
import { capabilityView, mergeView, onboardedView, userView, waitListedView } from './user.views';

/** People: onboarding, looking them up, opting out, erasing. */
@ApiTags('Users')
@Controller('v1/users')
export class UsersController {
  constructor(
    private readonly onboardUser: OnboardUser,
    private readonly getUsers: GetUsers,
    private readonly optOuts: OptOuts,
    private readonly eraseUser: EraseUser,
    private readonly mergeUsers: MergeUsers,
    private readonly capabilities: Capabilities,
  ) {}

  @Post()
  @Allow('app')
  @Idempotent()
  @ApiOperation({
    summary: 'Place a user: a line and fallbacks, at once; the same handle, the same answer',
  })
  @Answers(201, 'Placed', onboardedAnswer)
  @Answers(200, 'Was placed before', onboardedAnswer)
  @Answers(202, 'No room, and onFull is wait-list: they wait for a place', waitListedAnswer)
  @Answers(409, 'fleet.no_capacity: with the reasons and when capacity is next due')
  async onboard(
    @Body({ schema: newUserBody }) body: z.infer<typeof newUserBody>,
    @Caller() caller: Principal,
    @WorkId() workId: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const input = { ...body, workId };
    const onboarded = await this.onboardUser.execute(input, actorOf(caller), caller.poolIds);
    if ('waiting' in onboarded) {
      void reply.status(202);
      return waitListedView(onboarded);
    }
    void reply.status(onboarded.created ? 201 : 200);
    return onboardedView(onboarded);
  }

  @Get()
  @Allow('app')
  @ApiOperation({ summary: 'Users, by handle, external id, line or state of their assignment' })
  @Answers(200, 'A page of users', pageOf(userAnswer))
  async list(
    @Query({ schema: userListQuery }) query: z.infer<typeof userListQuery>,
    @Caller() caller: Principal,
  ) {
    const after = afterOf(query.cursor);
    const users = await this.getUsers.list({
      ...(query.handle === undefined ? {} : { handle: query.handle }),
      ...(query.externalId === undefined ? {} : { externalId: query.externalId }),
      ...(query.line === undefined ? {} : { lineId: query.line }),
      ...(query.state === undefined ? {} : { state: query.state }),
      ...(after === undefined ? {} : { after }),
      poolIds: caller.poolIds,
      limit: query.limit + 1,
    });
    return pageFrom(users, query.limit, ({ id }) => id, userView);
  }

  @Get(':id')
  @Allow('app')
  @ApiOperation({
    summary:
      'A user; an id that was merged away finds the person it became part of, here and on every route',
  })
  @Answers(200, 'The user with their assignments', userDetail)
  async get(@Param('id', { schema: idParam }) id: string, @Caller() caller: Principal) {
    const { user, aliases, assignments } = await this.getUsers.byId(id, caller.poolIds);
    return {
      ...userView(user),
      capability: capabilityView(await this.capabilities.of(user)),
      aliases,
      assignments: assignments.map(({ id: assignmentId, lineId, state }) => ({
        id: assignmentId,
        lineId,
        state,
      })),
    };
  }

  @Post(':id/capability-check')
  @Allow('app')
  @HttpCode(202)
  @ApiOperation({
    summary:
      'Ask whether a person is on iMessage; checks wait for the lines, so look at the user later. An answer that holds is not asked for again',
  })
  @Answers(202, 'What is known now, and whether a check waits', capabilityCheckAnswer)
  async checkCapability(
    @Param('id', { schema: idParam }) id: string,
    @Body({ schema: emptyBody.optional() }) _body: z.infer<typeof emptyBody> | undefined,
    @Caller() caller: Principal,
  ) {
    return { capability: capabilityView(await this.capabilities.ask(id, caller.poolIds)) };
  }

  @Post(':id/merge')
  @Allow('app')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Two users are one person: this id stays, the other one becomes an alias of it',
  })
  @Answers(200, 'One person with the handles of both; suppressed when either was', mergeAnswer)
  @Answers(403, 'user.merge_foreign_pool: a place in a pool that this key does not see')
  async merge(
    @Param('id', { schema: idParam }) id: string,
    @Body({ schema: mergeBody }) body: z.infer<typeof mergeBody>,
    @Caller() caller: Principal,
  ) {
    const { userId, handle, reason, dryRun } = body;
    const other = userId === undefined ? { handle: handle ?? '' } : { userId };
    const request = { userId: id, other, reason, dryRun, poolIds: caller.poolIds };
    return mergeView(await this.mergeUsers.execute(request, actorOf(caller)));
  }

  @Delete(':id')
  @Allow('admin')
  @HttpCode(204)
  @ApiOperation({ summary: 'Erase a person; their opt-out stays honoured' })
  async erase(
    @Param('id', { schema: idParam }) id: string,
    @Caller() caller: Principal,
  ): Promise<void> {
    await this.eraseUser.execute(id, 'asked for through the API', actorOf(caller), caller.poolIds);
  }

  @Post(':id/opt-out')
  @Allow('app')
  @HttpCode(200)
  @Answers(200, 'Nothing of ours reaches this person any more, on any line', userAnswer)
  async optOut(
    @Param('id', { schema: idParam }) id: string,
    @Body({ schema: reasonBody.optional() }) body: z.infer<typeof reasonBody> | undefined,
    @Caller() caller: Principal,
  ) {
    const reason = body?.reason ?? DEFAULT_REASON;
    return userView(await this.optOuts.optOut(id, reason, actorOf(caller), caller.poolIds));
  }

  @Post(':id/opt-in')
  @Allow('app')
  @HttpCode(200)
  @Answers(200, 'The person may be written to again', userAnswer)
  async optIn(
    @Param('id', { schema: idParam }) id: string,
    @Body({ schema: reasonBody.optional() }) body: z.infer<typeof reasonBody> | undefined,
    @Caller() caller: Principal,
  ) {
    const reason = body?.reason ?? DEFAULT_REASON;
    return userView(await this.optOuts.optIn(id, reason, actorOf(caller), caller.poolIds));
  }
}

const DEFAULT_REASON = 'asked for by the app';
