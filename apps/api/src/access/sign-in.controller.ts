import { Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { PageSignIn, PublicAddress, Refusal, SESSION_MS } from '@linekeeper/application';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { addressOf } from '../http/address';
import { isOurPage } from '../http/auth.guard';
import { Public } from '../http/principal';
import { sessionCookie, sessionTokenOf } from '../http/session-cookie';

const linkQuery = z.strictObject({ token: z.string().min(20).max(100) });

/** The one-time link that is printed at the start becomes a session of the page, and the session ends. */
@ApiExcludeController()
@Controller()
export class SignInController {
  constructor(
    private readonly signIn: PageSignIn,
    private readonly publicAddress: PublicAddress,
  ) {}

  @Get('sign-in')
  @Public()
  async use(
    @Query({ schema: linkQuery }) { token }: z.infer<typeof linkQuery>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const session = await this.signIn.useLink(token, addressOf(request));
    await reply.header('set-cookie', this.cookie(session, SESSION_MS / 1_000)).redirect('/', 303);
  }

  /** Also for a cookie that has ended: it is taken away all the same. */
  @Post('sign-out')
  @Public()
  @HttpCode(204)
  async end(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    if (!isOurPage(request)) {
      throw new Refusal('auth.invalid', 'The page session cannot be ended from another site');
    }
    const token = sessionTokenOf(request.headers.cookie);
    if (token !== null) await this.signIn.signOut(token);
    void reply.header('set-cookie', this.cookie('', 0));
  }

  private cookie(token: string, maxAgeSeconds: number): string {
    return sessionCookie(token, maxAgeSeconds, this.publicAddress.isSecure);
  }
}
