import type { OutgoingHttpHeaders } from 'node:http';
import { Controller, Get, Headers, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type AnnouncedEvent, type Principal, ReadEvents } from '@linekeeper/application';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { instant } from '../http/instants';
import { Allow, Caller } from '../http/principal';
import { EventFeed } from './event-feed';

/** A reader that comes back may have missed so many events at most; more are read from the lists. */
const MAX_CATCH_UP = 1_000;

const eventsQuery = z.strictObject({
  recent: z.coerce
    .number()
    .int()
    .min(0)
    .max(MAX_CATCH_UP)
    .default(0)
    .describe('So many of the newest events first'),
});

@ApiTags('System')
@Controller('v1/events')
export class EventsController {
  constructor(
    private readonly feed: EventFeed,
    private readonly events: ReadEvents,
  ) {}

  @Get()
  @Allow('viewer')
  @ApiOperation({
    summary: 'What happens, as server-sent events; Last-Event-ID goes on from there',
  })
  async stream(
    @Headers('last-event-id') lastEventId: string | undefined,
    @Query({ schema: eventsQuery }) { recent }: z.infer<typeof eventsQuery>,
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    reply.hijack();
    const stream = reply.raw;
    // What every answer says goes with this one too, although it is written past the framework.
    stream.writeHead(200, { ...everyHeader(reply), 'content-type': 'text/event-stream' });
    stream.write(': listening\n\n');
    const send = (event: AnnouncedEvent): void => void stream.write(frame(event));
    const from = await this.from(lastEventId, recent);
    if (from !== null) {
      const missed = await this.events.since(from, MAX_CATCH_UP);
      for (const event of await this.events.narrowing(missed)(caller.poolIds)) send(event);
    }
    const listener = { take: send, end: () => stream.end() };
    const stop = await this.feed.listen(listener, caller.poolIds);
    request.raw.once('close', stop);
  }

  /** The event after which to begin; null: only what is still to come. A reader that comes back goes on. */
  private async from(lastEventId: string | undefined, recent: number): Promise<number | null> {
    const last = Number(lastEventId);
    if (lastEventId !== undefined && Number.isSafeInteger(last)) return last;
    return recent === 0 ? null : Math.max(0, (await this.events.lastSeq()) - recent);
  }
}

function everyHeader(reply: FastifyReply): OutgoingHttpHeaders {
  return reply.getHeaders() as OutgoingHttpHeaders;
}

function frame({ seq, type, data, at }: AnnouncedEvent): string {
  return `id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify({ type, at: instant(at), ...data })}\n\n`;
}
