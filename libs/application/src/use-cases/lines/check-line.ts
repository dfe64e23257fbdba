import { Injectable, Logger } from '@nestjs/common';
import { type FleetPolicy, type LineReadiness, readinessOf } from '@linekeeper/domain';
import {
  type ApiVersion,
  HandleParser,
  type LineRecord,
  MessagingProvider,
  type Stores,
  UnitOfWork,
} from '../../ports';
import { CheckSlots } from '../checks/check-slots';
import { type Decision, lineOr404 } from '../shared';
import { LineCards } from './line-cards';

/** Makes good what the service can make good by itself before a line goes into service: its card and its capability check. */
@Injectable()
export class CheckLine {
  private readonly logger = new Logger('Lines');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly provider: MessagingProvider,
    private readonly handles: HandleParser,
    private readonly lineCards: LineCards,
    private readonly slots: CheckSlots,
  ) {}

  /** Idempotent. What the provider does not give now stays open on the list; the next try asks again. */
  async mend(lineId: string, decision: Decision): Promise<void> {
    // A line that goes into service shows a name and not a bare number.
    await this.lineCards.ensure(lineId, decision);
    const line = await lineOr404(this.unitOfWork.read, lineId);
    if (line.capability === 'imessage') return;
    const address = await this.phoneOfOurs(line, decision.policy);
    if (address === null) return;
    // Where the line has checked within ten seconds, for a person or for itself, the next try asks.
    const result = await this.slots.use(line, () =>
      this.provider.hasIMessage(line.phoneNumber, address),
    );
    if (result === null) return;
    if ('problem' in result) {
      const { kind } = result.problem;
      this.logger.warn({ what: 'A capability check failed', lineId, kind });
      return;
    }
    await this.unitOfWork.read.lines.change(
      lineId,
      { capability: result.imessage ? 'imessage' : 'none', capabilityAt: decision.now },
      { at: decision.now, raiseEpoch: false },
    );
  }

  /** A phone that is on iMessage for sure: one of the canary's, else another line in service. Null: there is none. */
  private async phoneOfOurs(line: LineRecord, { health }: FleetPolicy): Promise<string | null> {
    for (const text of health.detection.canaryTestHandles) {
      const phone = this.handles.parse(text);
      if (phone?.kind === 'phone') return phone.value;
    }
    const others = await this.unitOfWork.read.lines.list();
    const other = others.find(
      ({ id, health: state, adminState }) =>
        id !== line.id && state === 'healthy' && adminState !== 'retired',
    );
    return other?.phoneNumber ?? null;
  }
}

/** The readiness of lines, by their ids. Two queries, whatever their number. */
export async function readinessOfLines(
  stores: Stores,
  lines: readonly LineRecord[],
  policy: FleetPolicy,
): Promise<Map<string, LineReadiness>> {
  const heard = await stores.messages.linesHeard(lines.map(({ id }) => id));
  const verified = new Set<ApiVersion>();
  for (const { apiVersion, lastVerifiedAt } of await stores.subscriptions.active()) {
    if (lastVerifiedAt !== null) verified.add(apiVersion);
  }
  return new Map(
    lines.map((line) => {
      // Our subscriptions leave no line out, so a delivery for one tells that they come for all.
      const webhookSeen = heard.has(line.id) || verified.has(line.apiVersion);
      return [line.id, readinessOf({ ...line, webhookSeen }, policy)];
    }),
  );
}
