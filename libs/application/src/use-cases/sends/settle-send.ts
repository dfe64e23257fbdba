import { Injectable } from '@nestjs/common';
import type { Actor } from '../../actor';
import { BudgetLedger, messageIdIn, type SendRecord, type Stores, UnitOfWork } from '../../ports';
import { Refusal } from '../../refusal';
import { Intake } from '../inbox/intake';
import { type Decision, Decisions, EVERY_POOL, lineOr404, type PoolScope, sees } from '../shared';

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

  async execute(
    id: string,
    outcome: SendOutcome,
    actor: Actor,
    scope: PoolScope,
  ): Promise<SendRecord> {
    const decision = await this.decisions.begin(actor);
    if (outcome.outcome === 'accepted') return this.accepted(id, outcome, decision, scope);
    return this.closed(id, outcome.outcome === 'failed' ? 'released' : 'unknown', decision, scope);
  }

  /** The message was never sent: its hold and its first-message mark have no effect any more. */
  async release(id: string, actor: Actor, scope: PoolScope): Promise<SendRecord> {
    return this.closed(id, 'released', await this.decisions.begin(actor), scope);
  }

  private async accepted(
    id: string,
    outcome: SendOutcome,
    decision: Decision,
    scope: PoolScope,
  ): Promise<SendRecord> {
    const { messageId, chatId } = outcome;
    const effects = await this.unitOfWork.run(async (stores) => {
      const send = await sendOr404(stores, id, scope);
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
            messageId: messageIdIn(chatId, messageId),
            chatId,
            linePhoneNumber: line.phoneNumber,
            at: decision.now,
            isGroup: send.groupChatId != null,
            chatHealth: null,
            service: null,
            recovered: false,
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
    scope: PoolScope,
  ): Promise<SendRecord> {
    const send = await sendOr404(this.unitOfWork.read, id, scope);
    if (send.state === state) return send;
    if (!(await this.unitOfWork.read.sends.close(id, state, decision.now))) {
      throw closed(await sendOr404(this.unitOfWork.read, id));
    }
    if (state === 'released') await this.ledger.release(send.lineId, id, decision.now);
    return sendOr404(this.unitOfWork.read, id);
  }
}

/** A send from a line that the caller may see. */
async function sendOr404(
  stores: Stores,
  id: string,
  scope: PoolScope = EVERY_POOL,
): Promise<SendRecord> {
  const [send] = await stores.sends.byIds([id]);
  if (!send || !(await isWithin(stores, send, scope)))
    throw new Refusal('send.not_found', `There is no reservation ${id}`);
  return send;
}

async function isWithin(stores: Stores, send: SendRecord, scope: PoolScope): Promise<boolean> {
  if (scope.length === 0) return true;
  const line = await stores.lines.byId(send.lineId);
  return line !== null && sees(scope, line.poolId);
}

const closed = (send: SendRecord): Refusal =>
  new Refusal('send.closed', `The reservation is ${send.state}`, { state: send.state });
