import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  type AnnouncedEvent,
  type OutboxCursor,
  type Principal,
  ReadEvents,
} from '@linekeeper/application';
import type { FastifyReply } from 'fastify';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { z } from 'zod';
import { instant } from '../http/instants';
import { Allow, Caller } from '../http/principal';
import { EventFeed } from './event-feed';
import { idOfPlace, placeOfId } from './event-place';

/** More of the newest are read from the lists. */
const MAX_RECENT = 1_000;

const eventsQuery = z.strictObject({
  recent: z.coerce
    .number()
    .int()
    .min(0)
    .max(MAX_RECENT)
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
    @Res() reply: FastifyReply,
  ): Promise<void> {
    // Before the answer begins: nothing that happens after it is missed.
    const from = await this.from(lastEventId, recent);
    reply.hijack();
    const stream = reply.raw;
    stream.writeHead(200, {
      // What every answer says goes with this one too, although it is written past the framework.
      ...everyHeader(reply),
      'content-type': 'text/event-stream',
      // The connection is of no more use once the stream has ended.
      connection: 'close',
    });
    stream.write(': listening\n\n');
    const listener = {
      scope: caller.poolIds,
      take: (event: AnnouncedEvent) => written(stream, frame(event)),
      gone: () => stream.destroyed,
      end: () => stream.end(),
    };
    const stop = await this.feed.listen(listener, from);
    if (stream.destroyed) stop();
    else stream.once('close', stop);
  }

  /** The place after which to begin. A reader that comes back goes on where it was. */
  private from(lastEventId: string | undefined, recent: number): Promise<OutboxCursor> {
    const place = placeOfId(lastEventId ?? '');
    if (place === null) return this.events.cursorBefore(recent);
    return typeof place === 'number' ? this.events.cursorAfterSeq(place) : Promise.resolve(place);
  }
}

function everyHeader(reply: FastifyReply): OutgoingHttpHeaders {
  return reply.getHeaders() as OutgoingHttpHeaders;
}

/** Resolves once the reader has room for more, or is gone. */
function written(stream: ServerResponse, text: string): Promise<void> | void {
  if (stream.destroyed || stream.write(text)) return;
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.once('drain', done).once('close', done);
  });
}

function frame({ xid, seq, type, data, at }: AnnouncedEvent): string {
  return `id: ${idOfPlace({ xid, seq })}\nevent: ${type}\ndata: ${JSON.stringify({ type, at: instant(at), ...data })}\n\n`;
}
