import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  ApplyRebalance,
  FreezeFleet,
  LookAtCoverage,
  LookAtLines,
  OptOuts,
  type Principal,
  ProposeRebalance,
  Refusal,
} from '@linekeeper/application';
import { type Coverage, SKIPPED_BECAUSE } from '@linekeeper/domain';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { actorOf } from '../http/actor';
import { Answers } from '../http/answers';
import { instant, instantOrNull } from '../http/instants';
import { versionOf } from '../http/if-match';
import { idParam, verbBody } from '../http/operator-body';
import { afterOf, pageFrom, pageQuery } from '../http/pagination';
import { Allow, Caller, FleetWide } from '../http/principal';
import { failoverView } from './failovers.controller';
import { lineView } from './line.views';

const share = z.number().min(0).max(1);
const coverage = {
  users: z.number().int(),
  sent: share.describe('Share of users who were sent a fallback that is usable now'),
  delivered: share,
  known: share,
};
const coverageAnswer = z.object({
  ...coverage,
  needsIntroduction: z.number().int(),
  pools: z.array(z.object({ poolId: z.string(), ...coverage })),
  lines: z
    .array(z.object({ lineId: z.string(), phoneNumber: z.string(), ...coverage }))
    .describe('Each line as if it were lost now'),
  due: z
    .object({ none: z.number().int(), stale: z.number().int() })
    .describe('Users who get a card at their next active moment, those who never had one first'),
});

const appliedAnswer = z.object({
  proposalId: z.string(),
  version: z.number().int(),
  moved: z.number().int(),
  skipped: z.array(z.object({ userId: z.string(), because: z.enum(SKIPPED_BECAUSE) })),
  dryRun: z.boolean(),
});

/** Of one line, without saying which. */
const coverageOf = (of: Coverage | null): Coverage | null =>
  of && { users: of.users, sent: of.sent, delivered: of.delivered, known: of.known };

/** The fleet in one picture, the red button, coverage, rebalance. */
@ApiTags('Admin: fleet')
@Controller('v1/admin')
export class FleetController {
  constructor(
    private readonly look: LookAtLines,
    private readonly coverages: LookAtCoverage,
    private readonly freeze: FreezeFleet,
    private readonly rebalance: ProposeRebalance,
    private readonly applyRebalance: ApplyRebalance,
    private readonly optOuts: OptOuts,
  ) {}

  @Get('fleet')
  @Allow('viewer')
  @Answers(200, 'Lines, users, coverage, failovers, inbox')
  async fleet(@Caller() caller: Principal) {
    const state = await this.look.fleet(caller.poolIds);
    return {
      ...state,
      now: instant(state.now),
      frozenAt: instantOrNull(state.frozenAt),
      lines: state.lines.map((line) => ({
        ...lineView(line),
        coverage: coverageOf(line.coverage),
      })),
      failovers: state.failovers.map(failoverView),
    };
  }

  @Post('fleet/:verb')
  @Allow('operator')
  @FleetWide()
  @HttpCode(200)
  @ApiOperation({
    summary: 'The red button: while frozen only replies leave, nobody is placed or moved',
  })
  @Answers(200, 'Since when the fleet is frozen, or null')
  async redButton(
    @Param('verb', { schema: z.enum(['freeze', 'unfreeze']) }) verb: 'freeze' | 'unfreeze',
    @Body({ schema: verbBody }) body: z.infer<typeof verbBody>,
    @Caller() caller: Principal,
  ) {
    const { frozenAt } = await this.freeze.execute(verb === 'freeze', body, actorOf(caller));
    return { frozenAt: instantOrNull(frozenAt), dryRun: body.dryRun };
  }

  @Get('coverage')
  @Allow('viewer')
  @Answers(200, 'Who could be reached if their line were lost now', coverageAnswer)
  async coverage(@Caller() caller: Principal): Promise<z.infer<typeof coverageAnswer>> {
    const { coverage, needsIntroduction, pools, lines, due } = await this.coverages.execute(
      caller.poolIds,
    );
    return { ...coverage, needsIntroduction, pools: [...pools], lines: [...lines], due };
  }

  @Post('rebalance')
  @Allow('operator')
  @FleetWide()
  @HttpCode(200)
  @ApiOperation({ summary: 'Propose what would relieve lines beyond their cap. Moves nobody' })
  @Answers(200, 'Remedies and moves, with reasons')
  async propose(
    @Body({ schema: verbBody }) body: z.infer<typeof verbBody>,
    @Caller() caller: Principal,
  ) {
    return this.rebalance.execute(actorOf(caller), body.dryRun);
  }

  @Get('rebalance')
  @Allow('viewer')
  @FleetWide()
  @Answers(200, 'The newest proposal, or null')
  async latest(@Res({ passthrough: true }) reply: FastifyReply) {
    const proposal = await this.rebalance.latest();
    if (proposal === null) return { proposal: null };
    void reply.header('etag', `"${proposal.version}"`);
    const { id, body, version, policyVersion, at, appliedAt, result } = proposal;
    const times = { at: instant(at), appliedAt: instantOrNull(appliedAt) };
    return { proposal: { id, version, policyVersion, ...times, body, result } };
  }

  @Post('rebalance/:id/apply')
  @Allow('operator')
  @FleetWide()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Carries a proposal out; each move is looked at again, as the fleet is now',
  })
  @Answers(200, 'Who was moved, and who was not and why', appliedAnswer)
  @Answers(409, 'rebalance.stale: old, of another policy or followed by a newer one')
  @Answers(412, 'precondition.stale: If-Match names another version of the proposal')
  async apply(
    @Param('id', { schema: idParam }) proposalId: string,
    @Body({ schema: verbBody }) body: z.infer<typeof verbBody>,
    @Headers('if-match') ifMatch: string | undefined,
    @Caller() caller: Principal,
  ): Promise<z.infer<typeof appliedAnswer>> {
    const basedOn = versionOf(ifMatch);
    if (basedOn === null) {
      throw new Refusal('request.invalid', 'If-Match: the version of the proposal is needed');
    }
    const request = { proposalId, basedOn, fromLines: null, ...body };
    const applied = await this.applyRebalance.execute(request, actorOf(caller));
    return { ...applied, skipped: [...applied.skipped], dryRun: body.dryRun };
  }

  @Get('suppressions')
  @Allow('viewer')
  @Answers(200, 'A page of users who said stop')
  async suppressions(
    @Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>,
    @Caller() caller: Principal,
  ) {
    const after = afterOf(query.cursor);
    const rows = await this.optOuts.list({
      limit: query.limit + 1,
      poolIds: caller.poolIds,
      ...(after === undefined ? {} : { after }),
    });
    return pageFrom(
      rows,
      query.limit,
      ({ userId }) => userId,
      ({ userId, suppression }) => ({
        userId,
        source: suppression.source,
        reason: suppression.reason,
        since: instantOrNull(suppression.suppressedAt),
        replyAllowedUntil: instantOrNull(suppression.replyAllowedUntil),
      }),
    );
  }
}
