import { Injectable, Logger } from '@nestjs/common';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '@linekeeper/domain';
import {
  Clock,
  type LineRecord,
  type MessageRecord,
  MessagingProvider,
  type MissedEvent,
  type OpenOutcome,
  ProviderEventWriter,
  ProviderProblem,
  UnitOfWork,
} from '../../ports';
import { TakeIn } from './take-in';

/** One question each: with a run every five minutes a third of one a second, which is a careful guest's share. */
const MOST = 100;
/** The inbox waits while a job runs, and a process that stops waits for it. */
const RUN_MS = 15 * SECOND_MS;
/** Each pause is twice as long as the one before: most messages arrive at once, and some are never confirmed. */
const FIRST_PAUSE_MS = 5 * MINUTE_MS;
const LONGEST_PAUSE_MS = HOUR_MS;
const GIVE_UP_AFTER_MS = DAY_MS;
/** So many in a row that cannot be asked for: then it is not them, but the provider. */
const FAILURES_IN_A_ROW = 2;
/** Bodies that we write ourselves are of this version. */
const WRITTEN_IN = 'v3';

export interface OutcomeReport {
  readonly asked: number;
  readonly known: number;
  readonly givenUp: number;
  /** Why it was not asked on; null: nothing more was due, or the run was long enough. */
  readonly stopped: ProviderProblem['kind'] | null;
}

/**
 * Asks what became of messages of which V2 tells nothing by itself, the longest due first. What is learned goes into the
 * inbox as the event that V3 would have sent, under an id that follows from the message: asked for twice, it is one event.
 */
@Injectable()
export class AskOutcomes {
  private readonly logger = new Logger('Outcomes');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly provider: MessagingProvider,
    private readonly writer: ProviderEventWriter,
    private readonly takeIn: TakeIn,
    private readonly clock: Clock,
  ) {}

  async execute(): Promise<OutcomeReport> {
    const startedAt = this.clock.now();
    const { read } = this.unitOfWork;
    const due = await read.outcomes.due(startedAt, MOST);
    const ids = due.map(({ messageId }) => messageId);
    const messages = new Map((await read.messages.byIds(ids)).map((each) => [each.id, each]));
    const lines = new Map((await read.lines.list()).map((line) => [line.id, line]));
    const report = { asked: 0, known: 0, givenUp: 0 };
    let inARow = 0;
    for (const outcome of due) {
      const message = messages.get(outcome.messageId);
      const line = message && lines.get(message.lineId);
      if (!line || startedAt - outcome.sentAt >= GIVE_UP_AFTER_MS) {
        await read.outcomes.close([outcome.messageId]);
        report.givenUp += 1;
        continue;
      }
      if (this.clock.now() - startedAt >= RUN_MS) break;
      report.asked += 1;
      try {
        if (await this.ask(outcome, message, line)) report.known += 1;
        inARow = 0;
      } catch (error) {
        if (!(error instanceof ProviderProblem)) throw error;
        inARow += 1;
        const isOfUs = error.kind === 'rate-limited' || error.kind === 'unauthorized';
        if (!isOfUs) await this.later(outcome);
        if (isOfUs || inARow === FAILURES_IN_A_ROW) {
          this.logger.warn({ what: 'Outcomes could not be asked for', kind: error.kind });
          return { ...report, stopped: error.kind };
        }
      }
    }
    return { ...report, stopped: null };
  }

  /** Whether the end of the message is known now. */
  private async ask(
    outcome: OpenOutcome,
    message: MessageRecord,
    line: LineRecord,
  ): Promise<boolean> {
    const told = await this.provider.message(outcome.messageId);
    const event = told && endOf(message, line, told.status);
    if (told !== null && event === null) {
      await this.later(outcome);
      return false;
    }
    await this.unitOfWork.run(async (stores) => {
      // A message that the provider does not know any more has no end to ask for.
      await stores.outcomes.close([outcome.messageId]);
      if (event === null) return;
      await this.takeIn.store(stores, WRITTEN_IN, [this.writer.write(event, this.clock.now())]);
    });
    if (event !== null) this.takeIn.notify();
    return event !== null;
  }

  private later({ messageId, asked }: OpenOutcome): Promise<void> {
    const nextAt = this.clock.now() + pauseAfter(asked);
    return this.unitOfWork.read.outcomes.askAgain(messageId, nextAt);
  }
}

/** `asked`: how often it was asked for before. */
function pauseAfter(asked: number): EpochMs {
  return Math.min(FIRST_PAUSE_MS * 2 ** asked, LONGEST_PAUSE_MS);
}

const ENDS = {
  delivered: { kind: 'message-delivered', eventType: 'message.delivered' },
  read: { kind: 'message-read', eventType: 'message.read' },
} as const;

/** Null while the status is no end. The instant is that of the message: when it arrived is not told. */
function endOf(message: MessageRecord, line: LineRecord, status: string): MissedEvent | null {
  const { id: messageId, chatId, at } = message;
  if (chatId === null) return null;
  const ids = { eventId: `asked:${messageId}:${status}`, messageId, chatId, at };
  if (status === 'failed') {
    return { ...ids, kind: 'message-failed', eventType: 'message.failed', code: null };
  }
  if (status !== 'delivered' && status !== 'read') return null;
  return {
    ...ids,
    ...ENDS[status],
    linePhoneNumber: line.phoneNumber,
    isGroup: false,
    chatHealth: null,
    service: null,
    idempotencyKey: null,
    recovered: true,
  };
}
