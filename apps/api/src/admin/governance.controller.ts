import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  ACTUATORS,
  Actuators,
  type ApiKeyRecord,
  ManageKeys,
  type Principal,
  ReadAudit,
  ROLES,
  SumUpActuators,
} from '@linekeeper/application';
import { z } from 'zod';
import { actorOf } from '../http/actor';
import { Answers } from '../http/answers';
import { Idempotent } from '../http/idempotency.interceptor';
import { instant, instantOrNull } from '../http/instants';
import { idParam } from '../http/operator-body';
import { afterOf, pageFrom, pageOfAll, pageQuery } from '../http/pagination';
import { Allow, Caller, FleetWide } from '../http/principal';

const reason = z.string().trim().min(1).max(500);
const actuatorsBody = z.strictObject({
  actuators: z.partialRecord(z.enum(ACTUATORS), z.enum(['observe', 'propose', 'auto'])),
  reason,
});
const week = z.string().regex(/^\d{4}-W\d{2}$/, 'an ISO week such as 2026-W10');
const summaryQuery = z.strictObject({
  week: week.optional().describe('Such as 2026-W10; without it the one that runs'),
});
const summaryAnswer = z.object({
  week,
  withheld: z.array(
    z.object({
      week,
      actuator: z.enum(ACTUATORS),
      wouldBe: z.string().describe('The event, or the answer'),
      subjects: z.number().int().describe('Whom or what it concerned'),
      times: z.number().int(),
    }),
  ),
});
const keyBody = z.strictObject({
  name: z.string().trim().min(1).max(100),
  role: z.enum(ROLES),
  poolIds: z.array(z.uuid()).max(100).default([]),
  expiresAt: z.iso.datetime({ offset: true }).optional(),
  reason,
});
const auditQuery = pageQuery.extend({ subjectId: z.string().max(200).optional() });

/** What the service may do by itself, by whom it may be touched, and who did what. */
@ApiTags('Admin: governance')
@Controller('v1/admin')
export class GovernanceController {
  constructor(
    private readonly actuators: Actuators,
    private readonly sumUp: SumUpActuators,
    private readonly keys: ManageKeys,
    private readonly readAudit: ReadAudit,
  ) {}

  @Get('actuators')
  @Allow('viewer')
  @Answers(200, 'What the service may do by itself')
  async modes() {
    return { actuators: await this.actuators.modes() };
  }

  @Get('actuators/summary')
  @Allow('viewer')
  @FleetWide()
  @Answers(200, 'What would have happened in a week, had every actuator acted', summaryAnswer)
  async summary(@Query({ schema: summaryQuery }) { week }: z.infer<typeof summaryQuery>) {
    return this.sumUp.summary(week ?? null);
  }

  @Put('actuators')
  @Allow('admin')
  @FleetWide()
  @Answers(200, 'The modes after the change')
  async setModes(
    @Body({ schema: actuatorsBody }) body: z.infer<typeof actuatorsBody>,
    @Caller() caller: Principal,
  ) {
    return { actuators: await this.actuators.change(body.actuators, body.reason, actorOf(caller)) };
  }

  @Get('keys')
  @Allow('admin')
  @FleetWide()
  @Answers(200, 'A page of keys, never in clear')
  async listKeys(@Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>) {
    return pageOfAll(await this.keys.list(), query, ({ id }) => id, keyView);
  }

  @Post('keys')
  @Allow('admin')
  @FleetWide()
  @Idempotent()
  @Answers(201, 'The key in clear, this once')
  async createKey(
    @Body({ schema: keyBody }) body: z.infer<typeof keyBody>,
    @Caller() caller: Principal,
  ) {
    const { key, record } = await this.keys.create(
      { ...body, expiresAt: body.expiresAt === undefined ? null : Date.parse(body.expiresAt) },
      actorOf(caller),
    );
    return { ...keyView(record), key };
  }

  @Delete('keys/:id')
  @Allow('admin')
  @FleetWide()
  @HttpCode(204)
  async revokeKey(
    @Param('id', { schema: idParam }) id: string,
    @Caller() caller: Principal,
  ): Promise<void> {
    await this.keys.revoke(id, 'asked for through the API', actorOf(caller));
  }

  @Get('audit')
  @Allow('viewer')
  @Answers(200, 'A page of deeds, the newest first')
  async audit(
    @Query({ schema: auditQuery }) query: z.infer<typeof auditQuery>,
    @Caller() caller: Principal,
  ) {
    const after = afterOf(query.cursor);
    const rows = await this.readAudit.execute({
      limit: query.limit + 1,
      poolIds: caller.poolIds,
      ...(after === undefined ? {} : { after }),
      ...(query.subjectId === undefined ? {} : { subjectId: query.subjectId }),
    });
    return pageFrom(
      rows,
      query.limit,
      ({ id }) => id,
      (row) => ({ ...row, at: instant(row.at) }),
    );
  }
}

function keyView(key: ApiKeyRecord) {
  return {
    id: key.id,
    name: key.name,
    role: key.role,
    poolIds: key.poolIds,
    createdAt: instant(key.createdAt),
    expiresAt: instantOrNull(key.expiresAt),
    revokedAt: instantOrNull(key.revokedAt),
  };
}
