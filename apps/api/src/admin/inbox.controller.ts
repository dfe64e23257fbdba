import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DeadLetters, type Principal, WebhookHealth } from '@linekeeper/application';
import { z } from 'zod';
import { actorOf } from '../http/actor';
import { Answers } from '../http/answers';
import { instant, instantOrNull } from '../http/instants';
import { afterEventOf, pageFrom, pageQuery } from '../http/pagination';
import { Allow, Caller } from '../http/principal';

const replayBody = z.strictObject({ reason: z.string().trim().min(1).max(500) });

/** The inbox of provider events: its backlog, and what could not be applied. */
@ApiTags('Admin: inbox')
@Controller('v1/admin/inbox')
export class InboxController {
  constructor(
    private readonly deadLetters: DeadLetters,
    private readonly webhooks: WebhookHealth,
  ) {}

  @Get()
  @Allow('viewer')
  @Answers(
    200,
    'Counts, what the door let in and turned away, and a page of dead letters (without their bodies)',
  )
  async list(@Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>) {
    const after = afterEventOf(query.cursor);
    const [counts, webhooks, rows] = await Promise.all([
      this.deadLetters.counts(),
      this.webhooks.look(),
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
    };
  }

  @Post(':eventId/replay')
  @Allow('operator')
  @HttpCode(202)
  @Answers(202, 'It will be tried again')
  async replay(
    @Param('eventId', { schema: z.string().min(1).max(200) }) eventId: string,
    @Body({ schema: replayBody }) body: z.infer<typeof replayBody>,
    @Caller() caller: Principal,
  ): Promise<{ eventId: string }> {
    await this.deadLetters.replay(eventId, body.reason, actorOf(caller));
    return { eventId };
  }
}
