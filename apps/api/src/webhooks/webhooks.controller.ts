import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type ApiVersion, ReceiveWebhook } from '@linekeeper/application';
import type { FastifyRequest } from 'fastify';
import { addressOf } from '../http/address';
import { Public } from '../http/principal';

/** Where the provider delivers its events: signed, so no key is needed. */
@ApiTags('Webhooks')
@Controller('webhooks/linq')
export class WebhooksController {
  constructor(private readonly receiveWebhook: ReceiveWebhook) {}

  @Post('v3')
  @Public()
  @HttpCode(202)
  @ApiOperation({ summary: 'Stored durably once answered; processed after' })
  receive(@Body() body: unknown, @Req() request: FastifyRequest): Promise<void> {
    return this.take('v3', body, request);
  }

  @Post('v2')
  @Public()
  @HttpCode(202)
  @ApiOperation({
    summary: 'The same for the legacy version, which tries each delivery once only',
  })
  receiveOnV2(@Body() body: unknown, @Req() request: FastifyRequest): Promise<void> {
    return this.take('v2', body, request);
  }

  private async take(version: ApiVersion, body: unknown, request: FastifyRequest): Promise<void> {
    const raw = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    await this.receiveWebhook.execute(version, raw, request.headers, addressOf(request));
  }
}
