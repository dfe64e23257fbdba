import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  ChangeLine,
  LookAtLines,
  type Principal,
  RegisterLines,
  StepLine,
} from '@linekeeper/application';
import { LIFECYCLE_VERBS, type LifecycleVerb } from '@linekeeper/domain';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { actorOf } from '../http/actor';
import { Answers } from '../http/answers';
import { Idempotent } from '../http/idempotency.interceptor';
import { versionOf } from '../http/if-match';
import { instant } from '../http/instants';
import { idParam } from '../http/operator-body';
import { pageOf, pageOfAll, pageQuery } from '../http/pagination';
import { Allow, Caller, FleetWide } from '../http/principal';
import {
  importBody,
  lineAnswer,
  lineEditBody,
  registerBody,
  stepAnswer,
  stepBody,
  usageQuery,
} from './line.schemas';
import { lineView, stepView } from './line.views';

/** Lines: the list, registering, and the lifecycle. */
@ApiTags('Admin: lines')
@Controller('v1/admin/lines')
export class LinesController {
  constructor(
    private readonly look: LookAtLines,
    private readonly register: RegisterLines,
    private readonly stepLine: StepLine,
    private readonly changeLine: ChangeLine,
  ) {}

  @Get()
  @Allow('viewer')
  @Answers(200, 'A page of lines with their state, use and room', pageOf(lineAnswer))
  async list(
    @Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>,
    @Caller() caller: Principal,
  ) {
    const lines = await this.look.lines(caller.poolIds);
    return pageOfAll(lines, query, ({ line }) => line.id, lineView);
  }

  @Post()
  @Allow('operator')
  @Idempotent()
  @Answers(201, 'Registered', lineAnswer)
  async add(
    @Body({ schema: registerBody }) body: z.infer<typeof registerBody>,
    @Caller() caller: Principal,
  ) {
    const line = await this.register.register(body, actorOf(caller), caller.poolIds);
    return lineView(await this.look.line(line.id, caller.poolIds));
  }

  @Post('import')
  @Allow('operator')
  @FleetWide()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Register every number that the provider lists and that is no line yet',
  })
  @Answers(200, 'What was, or would be, added')
  async importAll(
    @Body({ schema: importBody }) body: z.infer<typeof importBody>,
    @Caller() caller: Principal,
  ) {
    const report = await this.register.importAll(body, actorOf(caller));
    return {
      added: report.added.map(({ id, phoneNumber }) => ({ id, phoneNumber })),
      known: report.known,
      wouldAdd: report.wouldAdd,
      dryRun: body.dryRun,
    };
  }

  @Get(':id')
  @Allow('viewer')
  @Answers(200, 'The line; its version is the ETag', lineAnswer)
  async get(
    @Param('id', { schema: idParam }) id: string,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const view = lineView(await this.look.line(id, caller.poolIds));
    void reply.header('etag', `"${view.version}"`);
    return view;
  }

  @Patch(':id')
  @Allow('operator')
  @Answers(200, 'Changed', lineAnswer)
  @Answers(412, 'precondition.stale: the version in If-Match is not the current one')
  async edit(
    @Param('id', { schema: idParam }) id: string,
    @Body({ schema: lineEditBody }) body: z.infer<typeof lineEditBody>,
    @Headers('if-match') ifMatch: string | undefined,
    @Caller() caller: Principal,
  ) {
    const edit = { ...body, basedOn: versionOf(ifMatch) };
    await this.changeLine.execute(id, edit, actorOf(caller), caller.poolIds);
    return lineView(await this.look.line(id, caller.poolIds));
  }

  @Get(':id/usage')
  @Allow('viewer')
  @Answers(
    200,
    'Messages by epoch hour, and the closed budget days with what the ramp made of them',
  )
  async usage(
    @Param('id', { schema: idParam }) id: string,
    @Query({ schema: usageQuery }) { hours }: z.infer<typeof usageQuery>,
    @Caller() caller: Principal,
  ) {
    const usage = await this.look.usage(id, hours, caller.poolIds);
    return {
      now: instant(usage.now),
      hours: usage.hours.map(({ lineId: _line, hour, ...counts }) => ({
        epochHour: hour,
        begins: instant(hour * 3_600_000),
        ...counts,
      })),
      days: usage.days.map(({ lineId: _line, closedAt, ...day }) => ({
        ...day,
        closedAt: instant(closedAt),
      })),
    };
  }

  @Post(':id/:verb')
  @Allow('operator')
  @HttpCode(200)
  @ApiOperation({
    summary: 'One step of the lifecycle, with a reason; dryRun says what would happen',
  })
  @Answers(200, 'What happened, or would', stepAnswer)
  @Answers(
    409,
    'line.illegal_step with the allowed steps, line.not_ready with what is open, or line.disruption_budget with the rule',
  )
  async step(
    @Param('id', { schema: idParam }) id: string,
    @Param('verb', { schema: z.enum(LIFECYCLE_VERBS) }) verb: LifecycleVerb,
    @Body({ schema: stepBody }) body: z.infer<typeof stepBody>,
    @Caller() caller: Principal,
  ) {
    const { deadline, mode, from, until, ...rest } = body;
    const request = {
      ...rest,
      lineId: id,
      verb,
      ...(deadline === undefined ? {} : { deadline: Date.parse(deadline) }),
      window: {
        ...(mode === undefined ? {} : { mode }),
        ...(from === undefined ? {} : { from: Date.parse(from) }),
        ...(until === undefined ? {} : { until: Date.parse(until) }),
      },
    };
    return stepView(await this.stepLine.execute(request, actorOf(caller), caller.poolIds));
  }
}
