import { Injectable } from '@nestjs/common';
import type { Actor } from '../../actor';
import { BudgetLedger, type SendRecord, type Stores, UnitOfWork } from '../../ports';
import { Refusal } from '../../refusal';
import { Intake } from '../inbox/intake';
import { type Decision, Decisions, lineOr404 } from '../shared';

export interface SendOutcome {
  readonly outcome: 'accepted' | 'failed' | 'unknown';
  readonly messageId?: string | undefined;
  readonly chatId?: string | undefined;
}

/**
 * What became of an admitted message. `accepted` with its ids is counted at once, without them when the webhook
 * comes; `failed` gives the hold back; `unknown` keeps it until news or expiry. Idempotent; a second, different
 * outcome is refused as `send.closed`.
 */
@Injectable()
export class SettleSend {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly ledger: BudgetLedger,
    private readonly intake: Intake,
  ) {}

  async execute(id: string, outcome: SendOutcome, actor: Actor): Promise<SendRecord> {
    const decision = await this.decisions.begin(actor);
    if (outcome.outcome === 'accepted') return this.accepted(id, outcome, decision);
    return this.closed(id, outcome.outcome === 'failed' ? 'released' : 'unknown', decision);
  }

  /** The message was never sent: its hold and its first-message mark have no effect any more. */
  async release(id: string, actor: Actor): Promise<SendRecord> {
    return this.closed(id, 'released', await this.decisions.begin(actor));
  }

  private async accepted(
    id: string,
    outcome: SendOutcome,
    decision: Decision,
  ): Promise<SendRecord> {
    const { messageId, chatId } = outcome;
    const effects = await this.unitOfWork.run(async (stores) => {
      const send = await sendOr404(stores, id);
      if (send.state === 'released') throw closed(send);
      if (messageId === undefined || chatId === undefined) return null;
      const line = await lineOr404(stores, send.lineId);
      return this.intake.apply(
        stores,
        [
          {
            kind: 'message-accepted',
            eventId: `settle:${id}`,
            eventType: 'settle',
            messageId,
            chatId,
            linePhoneNumber: line.phoneNumber,
            at: decision.now,
            isGroup: false,
            chatHealth: null,
            service: null,
            idempotencyKey: send.messages === 1 ? id : `${id}-1`,
          },
        ],
        decision,
      );
    });
    if (effects) await this.intake.afterCommit(effects, decision.now);
    return sendOr404(this.unitOfWork.read, id);
  }

  private async closed(
    id: string,
    state: 'released' | 'unknown',
    decision: Decision,
  ): Promise<SendRecord> {
    const send = await sendOr404(this.unitOfWork.read, id);
    if (send.state === state) return send;
    if (!(await this.unitOfWork.read.sends.close(id, state, decision.now))) {
      throw closed(await sendOr404(this.unitOfWork.read, id));
    }
    if (state === 'released') await this.ledger.release(send.lineId, id, decision.now);
    return sendOr404(this.unitOfWork.read, id);
  }
}

async function sendOr404(stores: Stores, id: string): Promise<SendRecord> {
  const [send] = await stores.sends.byIds([id]);
  if (!send) throw new Refusal('send.not_found', `There is no reservation ${id}`);
  return send;
}

const closed = (send: SendRecord): Refusal =>
  new Refusal('send.closed', `The reservation is ${send.state}`, { state: send.state });
