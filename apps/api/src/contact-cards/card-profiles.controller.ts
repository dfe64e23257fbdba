import {
  Body,
  Controller,
  Get,
  Header,
  Headers,
  HttpCode,
  Param,
  Post,
  Put,
  Res,
} from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  CardProfiles,
  type CardProfileView,
  type Principal,
  Refusal,
} from '@linekeeper/application';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { actorOf } from '../http/actor';
import { Answers } from '../http/answers';
import { idParam } from '../http/operator-body';
import { Allow, Caller, Public } from '../http/principal';
import {
  cardProfileAnswer,
  cardProfileBody,
  changeOf,
  previewAnswer,
  previewBody,
  profileView,
} from './card-profile.schemas';

/** Who the cards of a pool say we are. */
@ApiTags('Contact cards')
@Controller()
export class CardProfilesController {
  constructor(private readonly profiles: CardProfiles) {}

  @Get('v1/admin/pools/:id/card-profile')
  @Allow('viewer')
  @Answers(
    200,
    'The identity on every card of the pool; its revision is the ETag',
    cardProfileAnswer,
  )
  async profile(
    @Param('id', { schema: idParam }) id: string,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return tagged(await this.profiles.of(id, caller.poolIds), reply);
  }

  @Put('v1/admin/pools/:id/card-profile')
  @Allow('operator')
  @ApiOperation({ summary: 'The whole identity; what is left out is gone. If-Match is heeded' })
  @Answers(200, 'The identity after the change', cardProfileAnswer)
  @Answers(412, 'precondition.stale')
  @Answers(422, 'photo.unfit, photo.address or photo.unreachable; nothing was changed')
  async change(
    @Param('id', { schema: idParam }) id: string,
    @Body({ schema: cardProfileBody }) body: z.infer<typeof cardProfileBody>,
    @Headers('if-match') ifMatch: string | undefined,
    @Caller() caller: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { reason, ...rest } = body;
    const change = { ...changeOf(rest), reason, basedOn: revisionOf(ifMatch) };
    return tagged(await this.profiles.change(id, change, actorOf(caller), caller.poolIds), reply);
  }

  @Post('v1/admin/pools/:id/card-profile/preview')
  @Allow('operator')
  @HttpCode(200)
  @ApiOperation({
    summary: 'The card as it would be with this identity; without a body as it is. Keeps nothing',
  })
  @Answers(200, 'The card', previewAnswer)
  async preview(
    @Param('id', { schema: idParam }) id: string,
    @Body({ schema: previewBody.optional() }) body: z.infer<typeof previewBody> | undefined,
    @Caller() caller: Principal,
  ) {
    return this.profiles.preview(id, body ? changeOf(body) : null, caller.poolIds);
  }

  @Get('card-photos/:file')
  @Public()
  @Header('content-type', 'image/jpeg')
  @Header('cache-control', 'public, max-age=31536000, immutable')
  @ApiOperation({
    summary: 'The photo of a card, by the name of its content: the provider fetches it',
  })
  async photo(
    @Param('file', { schema: z.string().max(80) }) file: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    const id = /^([0-9a-f]{64})\.jpg$/.exec(file)?.[1];
    const jpeg = id === undefined ? null : await this.profiles.photo(id);
    if (!jpeg) {
      void reply.header('cache-control', 'no-store');
      throw new Refusal('route.not_found', 'There is no such photo');
    }
    return Buffer.from(jpeg);
  }
}

function tagged(view: CardProfileView, reply: FastifyReply): object {
  void reply.header('etag', `"${view.revision}"`);
  return profileView(view);
}

function revisionOf(header: string | undefined): string | null {
  if (header === undefined || header.trim() === '*') return null;
  const revision = /^(?:W\/)?"?([0-9a-f]{16})"?$/.exec(header.trim())?.[1];
  if (revision !== undefined) return revision;
  throw new Refusal('request.invalid', 'If-Match: the ETag of the profile is expected');
}
