import {
  Body,
  Controller,
  Delete,
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
import { ManageEndpoints, type Principal, ReplayEvents } from '@linekeeper/application';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { actorOf } from '../http/actor';
import { Answers } from '../http/answers';
import { Idempotent } from '../http/idempotency.interceptor';
import { versionOf } from '../http/if-match';
import { idParam } from '../http/operator-body';
import { afterOf, pageFrom, pageOfAll, pageQuery } from '../http/pagination';
import { Allow, Caller, FleetWide } from '../http/principal';
import {
  attemptsAnswer,
  attemptsQuery,
  attemptView,
  bareEndpointView,
  deliveriesAnswer,
  deliveriesQuery,
  deliveryView,
  endpointAnswer,
  endpointBody,
  endpointEdit,
  endpointsAnswer,
  endpointView,
  reasonBody,
  replayBody,
  withSecret,
} from './endpoint.schemas';

/** Where the customer's app hears of what happens: signed events, tried for a day, sent again when asked. */
@ApiTags('Admin: events')
@Allow('admin')
@FleetWide()
@Controller('v1/admin/webhook-endpoints')
export class EndpointsController {
  constructor(
    private readonly endpoints: ManageEndpoints,
    private readonly replays: ReplayEvents,
  ) {}

  @Get()
  @Answers(200, 'A page of endpoints, never with a secret', endpointsAnswer)
  async list(@Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>) {
    return pageOfAll(
      await this.endpoints.list(),
      query,
      ({ endpoint }) => endpoint.id,
      endpointView,
    );
  }

  @Post()
  @Idempotent()
  @ApiOperation({ summary: 'A new endpoint; it hears of what happens from now on' })
  @Answers(201, 'The endpoint with its secret, this once', withSecret)
  @Answers(422, 'endpoint.address: not https, or not a public host')
  async create(
    @Body({ schema: endpointBody }) { reason, ...input }: z.infer<typeof endpointBody>,
    @Caller() caller: Principal,
  ): Promise<z.infer<typeof withSecret>> {
    const { endpoint, secret } = await this.endpoints.create(input, reason, actorOf(caller));
    return { ...bareEndpointView(endpoint), secret };
  }

  @Get(':id')
  @Answers(200, 'The endpoint; its version is the ETag', endpointAnswer)
  async get(
    @Param('id', { schema: idParam }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof endpointAnswer>> {
    const view = await this.endpoints.get(id);
    void reply.header('etag', `"${view.endpoint.version}"`);
    return endpointView(view);
  }

  @Patch(':id')
  @Answers(200, 'The endpoint after the change')
  async edit(
    @Param('id', { schema: idParam }) id: string,
    @Body({ schema: endpointEdit }) { reason, ...edit }: z.infer<typeof endpointEdit>,
    @Headers('if-match') ifMatch: string | undefined,
    @Caller() caller: Principal,
  ) {
    const given = Object.entries(edit).filter(([, value]) => value !== undefined);
    return bareEndpointView(
      await this.endpoints.edit(
        id,
        Object.fromEntries(given),
        { basedOn: versionOf(ifMatch), reason },
        actorOf(caller),
      ),
    );
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Removes it, with what is on its way to it and its log' })
  async remove(
    @Param('id', { schema: idParam }) id: string,
    @Caller() caller: Principal,
  ): Promise<void> {
    await this.endpoints.remove(id, 'asked for through the API', actorOf(caller));
  }

  @Post(':id/rotate-secret')
  @HttpCode(200)
  @ApiOperation({
    summary: 'A new secret; the one from before signs beside it for a day (eventsOut)',
  })
  @Answers(200, 'The endpoint with its new secret, this once', withSecret)
  async rotate(
    @Param('id', { schema: idParam }) id: string,
    @Body({ schema: reasonBody }) { reason }: z.infer<typeof reasonBody>,
    @Headers('if-match') ifMatch: string | undefined,
    @Caller() caller: Principal,
  ): Promise<z.infer<typeof withSecret>> {
    const deed = { basedOn: versionOf(ifMatch), reason };
    const { endpoint, secret } = await this.endpoints.rotateSecret(id, deed, actorOf(caller));
    return { ...bareEndpointView(endpoint), secret };
  }

  @Post(':id/replay')
  @HttpCode(202)
  @ApiOperation({ summary: 'Sends one event again, or all since an instant, under their old ids' })
  @Answers(202, 'They will be sent')
  async replay(
    @Param('id', { schema: idParam }) id: string,
    @Body({ schema: replayBody }) { reason, ...wish }: z.infer<typeof replayBody>,
    @Caller() caller: Principal,
  ): Promise<{ id: string }> {
    const asked = 'since' in wish ? { since: Date.parse(wish.since) } : wish;
    await this.replays.execute(id, asked, reason, actorOf(caller));
    return { id };
  }

  @Post(':id/:verb')
  @HttpCode(200)
  @ApiOperation({ summary: 'Enabled, it hears of what happens from now on' })
  @Answers(200, 'The endpoint after the change')
  async setState(
    @Param('id', { schema: idParam }) id: string,
    @Param('verb', { schema: z.enum(['enable', 'disable']) }) verb: 'enable' | 'disable',
    @Body({ schema: reasonBody }) { reason }: z.infer<typeof reasonBody>,
    @Headers('if-match') ifMatch: string | undefined,
    @Caller() caller: Principal,
  ) {
    const deed = { basedOn: versionOf(ifMatch), reason };
    const state = verb === 'enable' ? 'enabled' : 'disabled';
    return bareEndpointView(await this.endpoints.setState(id, state, deed, actorOf(caller)));
  }

  @Get(':id/deliveries')
  @Answers(200, 'A page of events and how far they are, the newest first', deliveriesAnswer)
  async deliveries(
    @Param('id', { schema: idParam }) id: string,
    @Query({ schema: deliveriesQuery }) query: z.infer<typeof deliveriesQuery>,
  ): Promise<z.infer<typeof deliveriesAnswer>> {
    const after = afterOf(query.cursor);
    const rows = await this.replays.deliveries(id, {
      limit: query.limit + 1,
      ...(after === undefined ? {} : { after }),
      ...(query.state === undefined ? {} : { state: query.state }),
    });
    const { data, nextCursor } = pageFrom(rows, query.limit, (row) => row.id, deliveryView);
    return { data: [...data], nextCursor };
  }

  @Get(':id/attempts')
  @Answers(200, 'A page of tries, the newest first', attemptsAnswer)
  async attempts(
    @Param('id', { schema: idParam }) id: string,
    @Query({ schema: attemptsQuery }) query: z.infer<typeof attemptsQuery>,
  ): Promise<z.infer<typeof attemptsAnswer>> {
    const after = afterOf(query.cursor);
    const rows = await this.replays.attempts(id, {
      limit: query.limit + 1,
      ...(after === undefined ? {} : { after }),
      ...(query.eventId === undefined ? {} : { eventId: query.eventId }),
    });
    const { data, nextCursor } = pageFrom(rows, query.limit, (row) => row.id, attemptView);
    return { data: [...data], nextCursor };
  }
}
