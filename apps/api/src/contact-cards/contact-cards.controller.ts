import { Body, Controller, Get, Header, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { type CardRecord, ContactCards, type Principal, Refusal } from '@linekeeper/application';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { actorOf } from '../http/actor';
import { Answers } from '../http/answers';
import { idParam } from '../http/operator-body';
import { Allow, Caller, Public } from '../http/principal';
import { cardSentBody, poolQuery } from '../users/user.schemas';

const sentAnswer = z.object({
  version: z.string(),
  lineIds: z.array(z.string()).describe('Numbers that failover may now use for this person'),
  sureness: z.enum(['sent', 'delivered', 'known']),
});

/** The card that a person saves: their line first, the fallbacks behind it. */
@ApiTags('Contact cards')
@Controller()
export class ContactCardsController {
  constructor(private readonly cards: ContactCards) {}

  @Get('v1/users/:id/contact-card.vcf')
  @Allow('app')
  @Header('content-type', 'text/vcard; charset=utf-8')
  @ApiOperation({ summary: 'The card as vCard 3.0; its version is the ETag' })
  async vcf(
    @Param('id', { schema: idParam }) id: string,
    @Query({ schema: poolQuery }) { pool }: z.infer<typeof poolQuery>,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    return body(await this.cards.of(id, pool, caller.poolIds), reply);
  }

  @Post('v1/users/:id/contact-card/sent')
  @Allow('app')
  @HttpCode(200)
  @ApiOperation({ summary: 'Say that this card went to the person: failover rests on it' })
  @Answers(200, 'Noted', sentAnswer)
  async sent(
    @Param('id', { schema: idParam }) id: string,
    @Query({ schema: poolQuery }) { pool }: z.infer<typeof poolQuery>,
    @Body({ schema: cardSentBody }) report: z.infer<typeof cardSentBody>,
    @Caller() caller: Principal,
  ): Promise<z.infer<typeof sentAnswer>> {
    const noted = await this.cards.recordSent(
      { ...report, userId: id, pool, poolIds: caller.poolIds },
      actorOf(caller),
    );
    return { version: report.version, ...noted };
  }

  @Get('cards/:file')
  @Public()
  @Header('content-type', 'text/vcard; charset=utf-8')
  @ApiOperation({ summary: 'The card behind a signed link' })
  async byLink(
    @Param('file', { schema: z.string().max(200) }) file: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const token = /^([\w-]+)\.vcf$/.exec(file)?.[1];
    const card = token === undefined ? null : await this.cards.byToken(token);
    if (!card) throw new Refusal('route.not_found', 'The link is not valid or has expired');
    return body(card, reply);
  }
}

function body(card: CardRecord, reply: FastifyReply): string {
  void reply
    .header('etag', `"${card.version}"`)
    .header('content-disposition', 'attachment; filename="contact.vcf"');
  return card.vcf;
}
