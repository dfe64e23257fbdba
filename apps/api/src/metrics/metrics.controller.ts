import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ExposeMetrics } from '@linekeeper/application';
import type { FastifyReply } from 'fastify';
import { Allow, FleetWide, OpenOnLoopback } from '../http/principal';

/** For Prometheus, or whoever reads its text format. */
@ApiTags('System')
@Controller('metrics')
export class MetricsController {
  constructor(private readonly exposeMetrics: ExposeMetrics) {}

  @Get()
  @Allow('viewer')
  @FleetWide()
  @OpenOnLoopback()
  @ApiOperation({ summary: 'All metrics as text; without a key on the machine itself only' })
  async metrics(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { contentType, text } = await this.exposeMetrics.execute();
    void reply.header('content-type', contentType);
    return text;
  }
}
