import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CheckReadiness } from '@linekeeper/application';
import type { FastifyReply } from 'fastify';
import { Public } from '../http/principal';

/** For whoever keeps the process running. */
@ApiTags('System')
@Controller('health')
export class HealthController {
  constructor(private readonly readiness: CheckReadiness) {}

  @Get('live')
  @Public()
  @ApiOperation({ summary: 'The process answers' })
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  @Public()
  @ApiOperation({ summary: 'The parts it needs answer too; 503 otherwise' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    const { ready, checks } = await this.readiness.execute();
    void reply.status(ready ? 200 : 503);
    return { status: ready ? 'ok' : 'unavailable', checks };
  }
}
