import { Injectable, Logger } from '@nestjs/common';
import { epochHour } from '@linekeeper/domain';
import { automation } from '../../actor';
import {
  BudgetLedger,
  type ChatRecord,
  HandleParser,
  MessagingProvider,
  ProviderProblem,
  UnitOfWork,
} from '../../ports';
import { announce, Decisions } from '../shared';
import { Intake } from './intake';

/** The rolling window and the hour before it. */
const HOURS_BACK = 26;
/** Threads to ask the provider about in one run: it is asked one by one. */
const MAX_LOOKUPS = 20;

/**
 * Compares the usage rows with the messages themselves and sets right what differs, asks the provider whose the
 * threads are that nobody introduced, and lets the ledger read everything anew.
 */
@Injectable()
export class ReconcileLedger {
  private readonly logger = new Logger('Ledger');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly ledger: BudgetLedger,
    private readonly provider: MessagingProvider,
    private readonly handles: HandleParser,
    private readonly intake: Intake,
  ) {}

  async execute(): Promise<{ corrected: number; linked: number }> {
    const decision = await this.decisions.begin(automation('reconcile-ledger'));
    const corrected = await this.unitOfWork.run(async (stores) => {
      const wrong = await stores.usage.differences(epochHour(decision.now) - HOURS_BACK);
      // The difference is added rather than the sum set: what is counted meanwhile stays counted.
      await stores.usage.add(
        wrong.map(({ lineId, hour, stored, ...counted }) => ({
          lineId,
          hour,
          in: counted.in - stored.in,
          out: counted.out - stored.out,
          started: 0,
        })),
        [],
      );
      for (const { lineId, hour, stored, ...counted } of wrong) {
        await announce(stores, decision, 'ledger.corrected', { lineId, hour, stored, counted });
      }
      return wrong.length;
    });
    const linked = await this.introduce();
    await this.ledger.rebuild(decision.now);
    return { corrected, linked };
  }

  private async introduce(): Promise<number> {
    const strangers = await this.unitOfWork.read.conversations.chatsWithoutPerson(MAX_LOOKUPS);
    let linked = 0;
    for (const chat of strangers) if (await this.link(chat)) linked += 1;
    return linked;
  }

  private async link(chat: ChatRecord): Promise<boolean> {
    const decision = await this.decisions.begin(automation('reconcile-ledger'));
    try {
      const told = await this.provider.chat(chat.id);
      const [other] = told.participants;
      const handle = other === undefined ? null : this.handles.parse(other);
      if (!handle || !(await this.unitOfWork.read.users.byHandle(handle.value))) return false;
      await this.unitOfWork.run((stores) =>
        this.intake.apply(
          stores,
          [
            {
              kind: 'chat-created',
              eventId: `reconcile:${chat.id}`,
              eventType: 'reconcile',
              chatId: chat.id,
              linePhoneNumber: told.linePhoneNumber,
              participants: told.participants,
              isGroup: told.isGroup,
              at: chat.createdAt,
              service: told.service,
            },
          ],
          decision,
        ),
      );
      return true;
    } catch (error) {
      if (!(error instanceof ProviderProblem)) throw error;
      this.logger.warn({
        what: 'A thread could not be looked up',
        chatId: chat.id,
        kind: error.kind,
      });
      return false;
    }
  }
}
