import {
  type BudgetLedger,
  type Digest,
  DrainInbox,
  type InboxRecord,
  type Metrics,
} from '@linekeeper/application';
import { createHash, randomUUID } from 'node:crypto';
import { Intake } from '../../libs/application/src/use-cases/inbox/intake';
import { LinqEventReader } from '../../libs/infrastructure/src/linq/linq-event-reader';
import { LibphonenumberHandleParser } from '../../libs/infrastructure/src/people/handle-parser';
import { DatabaseOutages } from '../../libs/infrastructure/src/prisma/database-outages';
import type { StoreStage } from './store-stage';

/** The inbox alone, without the service around it. */
export class InboxAlone {
  private readonly drainInbox: DrainInbox;
  private events = 0;

  constructor(private readonly stage: StoreStage) {
    const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
    const digests: Digest = {
      sha256: digest,
      keyed: digest,
      keyedEver: (text) => [digest(text)],
      equal: (a, b) => a === b,
    };
    const nothing = (): Promise<never> => Promise.reject(new Error('Nobody asks for this here'));
    const throttle = { take: () => Promise.resolve(0), lockedFor: nothing, failed: nothing };
    const ledger = { record: () => Promise.resolve() };
    this.drainInbox = new DrainInbox(
      stage.unitOfWork,
      stage.decisions,
      new LinqEventReader(),
      new Intake(
        new LibphonenumberHandleParser(),
        digests,
        throttle,
        ledger as unknown as BudgetLedger,
      ),
      { now: () => stage.now },
      { count: () => undefined } as unknown as Metrics,
      new DatabaseOutages(),
    );
  }

  async store(bodies: readonly string[]): Promise<void> {
    const { now } = this.stage;
    const records = bodies.map((body): InboxRecord => {
      const {
        event_id: eventId,
        event_type: eventType,
        data,
      } = JSON.parse(body) as {
        event_id: string;
        event_type: string;
        data: { chat: { id: string } };
      };
      this.events += 1;
      return {
        ...{ eventId, eventType, orderKey: `chat:${data.chat.id}`, body, receivedAt: now },
        ...{
          state: 'pending',
          attempts: 0,
          nextAttemptAt: now,
          processedAt: null,
          lastError: null,
        },
      };
    });
    await this.stage.unitOfWork.read.inbox.insert(records);
  }

  drain(): ReturnType<DrainInbox['execute']> {
    return this.drainInbox.execute();
  }
}

/** The body of a message's event, as the provider tells it. */
export function bodyOf(
  type: string,
  message: {
    readonly id: string;
    readonly chat: string;
    readonly line: string;
    /** Of an inbound message: who wrote. */
    readonly from: string;
    readonly at: number;
    readonly text?: string;
  },
): string {
  const party = (handle: string, isMe: boolean): object => ({ handle, is_me: isMe });
  const { id, chat, line, from, at, text = 'We wrote this' } = message;
  const iso = new Date(at).toISOString();
  const owner = party(line, true);
  const inbound = type === 'message.received';
  const failure = { code: 4001, message_id: id, chat_id: chat, failed_at: iso };
  return JSON.stringify({
    ...{ api_version: 'v3', webhook_version: '2026-02-03', event_type: type },
    ...{ event_id: randomUUID(), created_at: iso, trace_id: 'trace', partner_id: 'partner' },
    data: {
      ...(type === 'message.failed' ? failure : {}),
      ...{ id, direction: inbound ? 'inbound' : 'outbound', service: 'iMessage', sent_at: iso },
      chat: { id: chat, is_group: false, owner_handle: owner },
      sender_handle: inbound ? party(from, false) : owner,
      parts: [{ type: 'text', value: text }],
    },
  });
}
