import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ReceiveWebhook } from '@linekeeper/application';
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
  async receive(@Body() body: unknown, @Req() request: FastifyRequest): Promise<void> {
    const raw = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    await this.receiveWebhook.execute(raw, request.headers, addressOf(request));
  }
}
