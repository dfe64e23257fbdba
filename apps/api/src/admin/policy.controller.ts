import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  Param,
  Post,
  Put,
  Query,
  Res,
} from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ChangePolicy, LookAtPolicy, type Principal } from '@linekeeper/application';
import { POLICY_PRESET_NAMES, POLICY_PRESETS, policyChanges } from '@linekeeper/domain';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { actorOf } from '../http/actor';
import { Answers } from '../http/answers';
import { versionOf } from '../http/if-match';
import { instant } from '../http/instants';
import { pageFrom, pageQuery, versionBefore } from '../http/pagination';
import { Allow, Caller, FleetWide } from '../http/principal';

const document = z.record(z.string(), z.unknown()).describe('The whole document');
const preset = z.enum(POLICY_PRESET_NAMES).describe('A named change of the policy in force');
const reason = z.string().trim().min(1).max(500).describe('Why; kept with the version');
const dryRun = z.boolean().default(false);
const policyBody = z.union([
  z.strictObject({ policy: document, reason, dryRun }),
  z.strictObject({ preset, reason, dryRun }),
]);
const previewBody = z.union([z.strictObject({ policy: document }), z.strictObject({ preset })]);
const versionNumber = z.coerce.number().int().min(1).max(999_999_999);
const diffQuery = z.strictObject({ from: versionNumber, to: versionNumber });

const change = z.object({
  path: z.string().describe('Such as ramp.growth'),
  from: z.unknown(),
  to: z.unknown(),
});
const table = z.array(z.object({ goodDays: z.number().int(), cap: z.number().int() }));
const caps = z.object({
  goodDays: z.number().int(),
  rampCap: z.number().int(),
  todayCap: z.number().int().describe('With the spike guard'),
  admissionCap: z.number().int().describe('What admission fills the line up to'),
  classes: z
    .object({
      proactive: z.number().int(),
      introduction: z.number().int(),
      transactional: z.number().int(),
    })
    .describe("Messages of the day's cap above which a class waits"),
});
const previewAnswer = z.object({
  basedOn: z.number().int(),
  policy: document,
  changes: z.array(change),
  ramp: z.object({ before: table, after: table }),
  lines: z.array(
    z.object({
      lineId: z.string(),
      phoneNumber: z.string(),
      budgetPerDay: z.number().int(),
      before: caps,
      after: caps,
    }),
  ),
});

/** By what rules the fleet is run, what they were, and what others would do. */
@ApiTags('Admin: policy')
@Controller('v1/admin/policy')
export class PolicyController {
  constructor(
    private readonly changePolicy: ChangePolicy,
    private readonly look: LookAtPolicy,
  ) {}

  @Get()
  @Allow('viewer')
  @Answers(200, 'The fleet policy in force; its version is the ETag')
  async policy(@Res({ passthrough: true }) reply: FastifyReply) {
    const active = await this.changePolicy.active();
    void reply.header('etag', `"${active.version}"`);
    return active;
  }

  @Put()
  @Allow('admin')
  @FleetWide()
  @ApiOperation({
    summary:
      'A new version of the policy; every decision after it names it, in every process within seconds. A failover that runs goes on under its own',
  })
  @Answers(200, 'The new version')
  @Answers(412, 'precondition.stale: another version is in force than If-Match names')
  @Answers(422, 'policy.invalid or policy.crossed: naming the keys')
  async setPolicy(
    @Body({ schema: policyBody }) { reason: why, dryRun: dry, ...wish }: z.infer<typeof policyBody>,
    @Headers('if-match') ifMatch: string | undefined,
    @Caller() caller: Principal,
  ) {
    return this.changePolicy.execute(
      { wish, basedOn: versionOf(ifMatch), reason: why, dryRun: dry },
      actorOf(caller),
    );
  }

  @Post('preview')
  @Allow('operator')
  @FleetWide()
  @HttpCode(200)
  @ApiOperation({ summary: 'What a policy would change, for the ramp and for each line' })
  @Answers(200, 'The changes, the ramp and the caps of every line, before and after', previewAnswer)
  async preview(
    @Body({ schema: previewBody }) wish: z.infer<typeof previewBody>,
    @Caller() caller: Principal,
  ) {
    return this.look.preview(wish, actorOf(caller));
  }

  @Get('presets')
  @Allow('viewer')
  @Answers(200, 'Named changes, and what each would change now')
  async presets() {
    const { policy } = await this.changePolicy.active();
    return {
      data: POLICY_PRESET_NAMES.map((name) => ({
        name,
        about: POLICY_PRESETS[name].about,
        changes: policyChanges(policy, POLICY_PRESETS[name].apply(policy)),
      })),
    };
  }

  @Get('versions')
  @Allow('viewer')
  @Answers(200, 'A page of versions, the newest first: who made each, and why')
  async versions(@Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>) {
    const before = versionBefore(query.cursor);
    const rows = await this.look.versions({
      limit: query.limit + 1,
      ...(before === undefined ? {} : { before }),
    });
    return pageFrom(
      rows,
      query.limit,
      ({ version }) => String(version),
      (row) => ({ ...row, at: instant(row.at) }),
    );
  }

  @Get('versions/:version')
  @Allow('viewer')
  @Answers(200, 'A version with its whole document')
  async version(@Param('version', { schema: versionNumber }) version: number) {
    const record = await this.look.version(version);
    return { ...record, at: instant(record.at) };
  }

  @Get('diff')
  @Allow('viewer')
  @Answers(200, 'What differs between two versions', z.object({ changes: z.array(change) }))
  async diff(@Query({ schema: diffQuery }) { from, to }: z.infer<typeof diffQuery>) {
    return { from, to, changes: await this.look.diff(from, to) };
  }
}
