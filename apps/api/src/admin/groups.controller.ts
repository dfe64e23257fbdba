import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Groups, type Principal } from '@linekeeper/application';
import { z } from 'zod';
import { Answers } from '../http/answers';
import { instant } from '../http/instants';
import { afterEventOf, pageFrom, pageOf, pageQuery } from '../http/pagination';
import { Allow, Caller } from '../http/principal';

const groupsQuery = pageQuery.extend({
  state: z.enum(['pinned', 'held']).optional().describe('held: its line is lost'),
});
const groupAnswer = z.object({
  chatId: z.string(),
  lineId: z.string(),
  state: z.enum(['pinned', 'held']),
  lastActivityAt: z.string(),
  aliases: z.array(z.string()).describe('Earlier ids of its thread'),
});

/** Group chats: pinned to their line, and counted there. */
@ApiTags('Admin: failovers')
@Controller('v1/admin/groups')
export class GroupsController {
  constructor(private readonly groups: Groups) {}

  @Get()
  @Allow('viewer')
  @Answers(200, 'A page of groups; nothing can be said in those that are held', pageOf(groupAnswer))
  async list(
    @Query({ schema: groupsQuery }) query: z.infer<typeof groupsQuery>,
    @Caller() caller: Principal,
  ) {
    const after = afterEventOf(query.cursor);
    const rows = await this.groups.list({
      poolIds: caller.poolIds,
      limit: query.limit + 1,
      ...(query.state === undefined ? {} : { held: query.state === 'held' }),
      ...(after === undefined ? {} : { after }),
    });
    return pageFrom(
      rows,
      query.limit,
      ({ chatId }) => chatId,
      ({ chatId, lineId, held, lastActivityAt, aliases }) => ({
        chatId,
        lineId,
        state: held ? ('held' as const) : ('pinned' as const),
        lastActivityAt: instant(lastActivityAt),
        aliases: [...aliases],
      }),
    );
  }
}
