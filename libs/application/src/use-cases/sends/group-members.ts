import { Injectable, Logger } from '@nestjs/common';
import { HandleParser, MessagingProvider, ProviderProblem, type Stores } from '../../ports';

/** The members of a group, and which of our lines they know. */
export interface GroupMembers {
  /** Their addresses as the provider writes them: the app needs them to make the group anew, and nothing else does. */
  readonly participants: readonly string[];
  /** How many of them know the number of each line. */
  readonly knownBy: ReadonlyMap<string, number>;
}

/**
 * Who is in a group now. They are asked of the provider, and only when a group is made anew: members come and go, and
 * numbers that are kept nowhere need not be erased.
 */
@Injectable()
export class ReadGroupMembers {
  private readonly logger = new Logger('Groups');

  constructor(
    private readonly provider: MessagingProvider,
    private readonly handles: HandleParser,
  ) {}

  /** Null when the provider does not tell now. */
  async execute(stores: Stores, chatId: string): Promise<GroupMembers | null> {
    const participants = await this.participantsOf(chatId);
    if (participants === null || participants.length === 0) return null;
    const handles = participants.flatMap((each) => this.handles.parse(each)?.value ?? []);
    const users = await stores.users.byHandles(handles);
    const knownBy = new Map<string, number>();
    for (const { lineId, sureness } of await stores.cards.known(users.map(({ id }) => id))) {
      if (sureness === 'known') knownBy.set(lineId, (knownBy.get(lineId) ?? 0) + 1);
    }
    return { participants, knownBy };
  }

  private async participantsOf(chatId: string): Promise<readonly string[] | null> {
    try {
      return (await this.provider.chat(chatId)).participants;
    } catch (error) {
      if (!(error instanceof ProviderProblem)) throw error;
      const { kind, code } = error;
      this.logger.warn({ what: 'The members of a group were not read', kind, code });
      return null;
    }
  }
}
