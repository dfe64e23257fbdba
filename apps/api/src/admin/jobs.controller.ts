import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { JOB_EVERY_SECONDS, JOB_NAMES, type Principal, RunJob } from '@linekeeper/application';
import { z } from 'zod';
import { actorOf } from '../http/actor';
import { Answers } from '../http/answers';
import { instant, instantOrNull } from '../http/instants';
import { Allow, Caller } from '../http/principal';

const DEFAULT_REASON = 'asked for through the API';
const runBody = z.strictObject({
  reason: z.string().trim().min(1).max(500).default(DEFAULT_REASON).describe('Kept in the audit'),
});

/** Scheduled jobs: when each ran last, and running one now. */
@ApiTags('Admin: jobs')
@Controller('v1/admin/jobs')
export class JobsController {
  constructor(private readonly runJob: RunJob) {}

  @Get()
  @Allow('viewer')
  @Answers(200, 'Every job with its last run')
  async list() {
    const runs = new Map((await this.runJob.runs()).map((run) => [run.name, run]));
    return {
      data: JOB_NAMES.map((name) => {
        const run = runs.get(name);
        return {
          name,
          everySeconds: JOB_EVERY_SECONDS[name],
          lastRunAt: instantOrNull(run?.lastRunAt ?? null),
          lastResult: run?.lastResult ?? null,
          lastError: run?.lastError ?? null,
        };
      }),
    };
  }

  @Post(':name/run')
  @Allow('operator')
  @HttpCode(200)
  @Answers(200, 'What the run did')
  async run(
    @Param('name', { schema: z.string().max(60) }) name: string,
    @Body({ schema: runBody.optional() }) body: z.infer<typeof runBody> | undefined,
    @Caller() caller: Principal,
  ) {
    const reason = body?.reason ?? DEFAULT_REASON;
    const run = await this.runJob.onRequest(name, reason, actorOf(caller));
    return { ...run, lastRunAt: instant(run.lastRunAt) };
  }
}
