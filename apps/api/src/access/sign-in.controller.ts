import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { PageSignIn, SESSION_MS } from '@linekeeper/application';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Public } from '../http/principal';
import { sessionCookie } from '../http/session-cookie';

const linkQuery = z.strictObject({ token: z.string().min(20).max(100) });

/** The one-time link that is printed at the start becomes a session of the page. */
@ApiExcludeController()
@Controller('sign-in')
export class SignInController {
  constructor(private readonly signIn: PageSignIn) {}

  @Get()
  @Public()
  async use(
    @Query({ schema: linkQuery }) { token }: z.infer<typeof linkQuery>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const session = await this.signIn.useLink(token);
    await reply
      .header('set-cookie', sessionCookie(session, SESSION_MS / 1_000))
      .header('referrer-policy', 'no-referrer')
      .redirect('/', 303);
  }
}
