import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  DeadLetters,
  type Principal,
  Quarantine,
  RotateWebhookSecret,
  WebhookHealth,
} from '@linekeeper/application';
import { z } from 'zod';
import { actorOf } from '../http/actor';
import { Answers } from '../http/answers';
import { instant, instantOrNull } from '../http/instants';
import { afterEventOf, pageFrom, pageQuery } from '../http/pagination';
import { Allow, Caller, FleetWide } from '../http/principal';

const replayBody = z.strictObject({ reason: z.string().trim().min(1).max(500) });

const rotated = z.object({
  renewed: z.boolean(),
  quarantineUntil: z.string().nullable().describe('RFC 3339'),
});

/** The inbox of provider events: its backlog, and what could not be applied. */
@ApiTags('Admin: inbox')
@FleetWide()
@Controller('v1/admin/inbox')
export class InboxController {
  constructor(
    private readonly deadLetters: DeadLetters,
    private readonly webhooks: WebhookHealth,
    private readonly quarantine: Quarantine,
    private readonly rotateSecret: RotateWebhookSecret,
  ) {}

  @Get()
  @Allow('viewer')
  @Answers(
    200,
    'Counts, what the door let in, turned away and keeps in quarantine, and a page of dead letters (without their bodies)',
  )
  async list(@Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>) {
    const after = afterEventOf(query.cursor);
    const [counts, webhooks, quarantined, rows] = await Promise.all([
      this.deadLetters.counts(),
      this.webhooks.look(),
      this.quarantine.counts(),
      this.deadLetters.list({ limit: query.limit + 1, ...(after === undefined ? {} : { after }) }),
    ]);
    const page = pageFrom(
      rows,
      query.limit,
      ({ eventId }) => eventId,
      (row) => ({
        eventId: row.eventId,
        eventType: row.eventType,
        receivedAt: instant(row.receivedAt),
        attempts: row.attempts,
        error: row.lastError,
      }),
    );
    return {
      ...page,
      pending: counts.pending,
      dead: counts.dead,
      oldestPendingAt: instantOrNull(counts.oldestPendingAt),
      lastVerifiedAt: instantOrNull(webhooks.lastVerifiedAt),
      rejectedSinceStart: webhooks.rejectedSinceStart,
      quarantined: { ...quarantined, oldestAt: instantOrNull(quarantined.oldestAt) },
    };
  }

  @Post('rotate-secret')
  @Allow('admin')
  @HttpCode(200)
  @ApiOperation({
    summary:
      'A new webhook secret: by a new subscription, or, where it is set from outside, time to set it',
  })
  @Answers(
    200,
    'Whether it was renewed, and until when unknown signatures are quarantined',
    rotated,
  )
  async rotate(
    @Body({ schema: replayBody }) body: z.infer<typeof replayBody>,
    @Caller() caller: Principal,
  ): Promise<z.infer<typeof rotated>> {
    const { renewed, quarantineUntil } = await this.rotateSecret.execute(
      body.reason,
      actorOf(caller),
    );
    return { renewed, quarantineUntil: instantOrNull(quarantineUntil) };
  }

  @Post(':eventId/replay')
  @Allow('operator')
  @HttpCode(202)
  @Answers(202, 'It will be tried again')
  async replay(
    @Param('eventId', { schema: z.string().min(1).max(250) }) eventId: string,
    @Body({ schema: replayBody }) body: z.infer<typeof replayBody>,
    @Caller() caller: Principal,
  ): Promise<{ eventId: string }> {
    await this.deadLetters.replay(eventId, body.reason, actorOf(caller));
    return { eventId };
  }
}
