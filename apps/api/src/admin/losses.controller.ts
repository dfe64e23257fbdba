import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  LookAtLosses,
  type LossesOfPool,
  type Principal,
  PromoteWaiting,
  Refusal,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';
import { z } from 'zod';
import { Answers } from '../http/answers';
import { instant, instantOrNull } from '../http/instants';
import { afterEventOf, afterOf, pageFrom, pageOf, pageQuery } from '../http/pagination';
import { Allow, Caller } from '../http/principal';

const MAX_LINES = 3;

const reportQuery = pageQuery.extend({
  losses: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_LINES)
    .optional()
    .describe('Only sets of so many lines'),
});
const uncoveredQuery = pageQuery.extend({
  lines: z
    .string()
    .max(40 * MAX_LINES)
    .describe('Ids of one to three lines, with commas between them')
    .transform((text) => text.split(','))
    .pipe(z.array(z.uuid()).min(1).max(MAX_LINES)),
});

const lossAnswer = z.object({
  poolId: z.string(),
  lineIds: z.array(z.string()),
  users: z.number().int().describe('People on these lines'),
  uncovered: z.number().int().describe('Those of them who hold no number that would still serve'),
  overloaded: z
    .array(z.object({ lineId: z.string(), projected: z.number().int(), cap: z.number().int() }))
    .describe('Lines whose day would be forecast beyond their cap'),
  hours: z
    .number()
    .nullable()
    .describe('Until all others have been written to, at the pace of new conversations'),
});
const alertAnswer = z.object({ share: z.number(), lowSince: z.string().nullable() });
const reportAnswer = pageOf(lossAnswer).extend({
  pools: z.array(
    z.object({
      poolId: z.string(),
      pool: z.string(),
      at: z.string(),
      ageSeconds: z.number().int(),
      policyVersion: z.number().int(),
      completePairs: z.boolean().describe('Whether every pair was worked out'),
      completeTriples: z.boolean(),
      capacity: alertAnswer.describe('Free admission as a share of what the lines may carry'),
      coverage: alertAnswer.describe('Share of people who hold another number that serves'),
    }),
  ),
});
const waitingAnswer = z.object({
  userId: z.string(),
  poolId: z.string(),
  position: z.number().int(),
  startedBy: z.enum(['inbound', 'outbound']),
  since: z.string(),
});

/** What the loss of any lines would do, and who waits for a place. */
@ApiTags('Admin: capacity')
@Controller('v1/admin')
export class LossesController {
  constructor(
    private readonly look: LookAtLosses,
    private readonly waiting: PromoteWaiting,
  ) {}

  @Get('loss-report')
  @Allow('viewer')
  @ApiOperation({
    summary:
      'For every line, pair and triple: who would be uncovered, what overloaded, how long it takes',
  })
  @Answers(200, 'The worst first; worked out every quarter of an hour', reportAnswer)
  async report(
    @Query({ schema: reportQuery }) query: z.infer<typeof reportQuery>,
    @Caller() caller: Principal,
  ) {
    const { now, pools, sets } = await this.look.execute(query.losses, caller.poolIds);
    const rows = sets.map((set) => ({ ...set, key: set.lineIds.join('.') }));
    const after = afterEventOf(query.cursor);
    const before = after === undefined ? -1 : rows.findIndex(({ key }) => key === after);
    if (after !== undefined && before < 0) {
      throw new Refusal('request.invalid', 'cursor: the report was worked out anew since');
    }
    const page = rows.slice(before + 1, before + 2 + query.limit);
    return {
      pools: pools.map((each) => poolView(each, now)),
      ...pageFrom(
        page,
        query.limit,
        ({ key }) => key,
        ({ key: _key, ...set }) => set,
      ),
    };
  }

  @Get('loss-report/uncovered')
  @Allow('viewer')
  @Answers(
    200,
    'A page of users who would be left without a number',
    pageOf(z.object({ userId: z.string() })),
  )
  async uncovered(
    @Query({ schema: uncoveredQuery }) query: z.infer<typeof uncoveredQuery>,
    @Caller() caller: Principal,
  ) {
    const after = afterOf(query.cursor);
    const page = { limit: query.limit + 1, ...(after === undefined ? {} : { after }) };
    const ids = await this.look.uncovered(query.lines, page, caller.poolIds);
    return pageFrom(
      ids,
      query.limit,
      (id) => id,
      (userId) => ({ userId }),
    );
  }

  @Get('wait-list')
  @Allow('viewer')
  @Answers(200, 'A page of people who wait for a place, first in, first out', pageOf(waitingAnswer))
  async waitList(
    @Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>,
    @Caller() caller: Principal,
  ) {
    const after = afterOf(query.cursor);
    const rows = await this.waiting.list({
      limit: query.limit + 1,
      poolIds: caller.poolIds,
      ...(after === undefined ? {} : { after }),
    });
    return pageFrom(
      rows,
      query.limit,
      ({ userId }) => userId,
      ({ userId, poolId, position, startedBy, since }) => ({
        userId,
        poolId,
        position,
        startedBy,
        since: instant(since),
      }),
    );
  }
}

function poolView({ pool, report }: LossesOfPool, now: EpochMs) {
  const { body } = report;
  return {
    poolId: pool.id,
    pool: pool.slug,
    at: instant(report.at),
    ageSeconds: Math.round((now - report.at) / 1_000),
    policyVersion: report.policyVersion,
    completePairs: body.completePairs,
    completeTriples: body.completeTriples,
    capacity: { share: body.freeShare, lowSince: instantOrNull(report.capacityLowSince) },
    coverage: { share: body.coveredShare, lowSince: instantOrNull(report.coverageLowSince) },
  };
}
