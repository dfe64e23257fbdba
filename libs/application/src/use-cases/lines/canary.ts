import { Injectable, Logger } from '@nestjs/common';
import {
  type CanaryVerdict,
  canaryVerdict,
  type EpochMs,
  type FleetPolicy,
  MINUTE_MS,
  type Probe,
  rendezvousRank,
  whyCannotSend,
} from '@linekeeper/domain';
import {
  HandleParser,
  type LineRecord,
  MessagingProvider,
  type ProbeOutcome,
  ProviderProblem,
  type Stores,
  UnitOfWork,
} from '../../ports';
import { type Decision, isFrozen } from '../shared';

const TEXT = 'Line check';

/**
 * Writes to our own test phones from lines that are suspected, and from a healthy line beside each: what both should
 * reach and only one does tells which of them is sick. Once in `canaryMinutes` for each line and phone.
 */
@Injectable()
export class Canary {
  private readonly logger = new Logger('Canary');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly provider: MessagingProvider,
    private readonly handles: HandleParser,
  ) {}

  /** Sends the probes that are due. A refusal of the provider leaves the probe out, which proves nothing. */
  async send({ now, policy }: Decision): Promise<void> {
    const { read } = this.unitOfWork;
    const phones = this.phones(policy);
    const environment = await read.environment.get();
    const acts = environment !== null && environment.actuators.ejection !== 'observe';
    if (phones.length < policy.health.detection.canaryHandles || !acts) return;
    if (await isFrozen(read)) return;
    const lines = await read.lines.list();
    const done = await read.evidence.probes(windowStart(now, policy));
    const sent = new Set(done.map(({ lineId, handle }) => `${lineId} ${handle}`));
    for (const suspect of lines.filter(({ health, managed }) => managed && health === 'suspect')) {
      const control = controlOf(suspect, lines);
      if (!control) continue;
      for (const phone of phones) {
        for (const line of [control, suspect]) {
          if (sent.has(`${line.id} ${phone}`)) continue;
          sent.add(`${line.id} ${phone}`);
          await this.probe(line, phone, now, policy);
        }
      }
    }
  }

  private phones({ health }: FleetPolicy): string[] {
    return health.detection.canaryTestHandles.flatMap(
      (text) => this.handles.parse(text)?.value ?? [],
    );
  }

  private async probe(
    line: LineRecord,
    handle: string,
    at: EpochMs,
    { health }: FleetPolicy,
  ): Promise<void> {
    const window = Math.floor(at / (health.detection.canaryMinutes * MINUTE_MS));
    try {
      const { messageId } = await this.provider.send({
        fromPhoneNumber: line.phoneNumber,
        to: handle,
        chatId: null,
        text: TEXT,
        // A run that was killed sends the same again, which is the same message.
        idempotencyKey: `canary-${line.id}-${handle}-${window}`,
      });
      await this.unitOfWork.read.evidence.noteProbe({ messageId, lineId: line.id, handle, at });
    } catch (error) {
      if (!(error instanceof ProviderProblem)) throw error;
      this.logger.warn({ what: 'A canary was not sent', lineId: line.id, kind: error.kind });
    }
  }
}

/** What the canaries of each line say. */
export async function canaryOf(
  stores: Stores,
  { now, policy }: Decision,
): Promise<(lineId: string) => CanaryVerdict> {
  const { canaryHandles, canaryTestHandles } = policy.health.detection;
  if (canaryTestHandles.length < canaryHandles) return () => 'none';
  const probes = await stores.evidence.probes(windowStart(now, policy));
  return (lineId) =>
    canaryVerdict(
      probes.flatMap((probe) => probeFor(lineId, probe, now, policy)),
      now,
      policy,
    );
}

/** A canary that is not there after half of the time it has counts as lost; before that nobody knows. */
function probeFor(
  lineId: string,
  { lineId: sender, handle, at, ok }: ProbeOutcome,
  now: EpochMs,
  { health }: FleetPolicy,
): Probe[] {
  const from = sender === lineId ? 'line' : 'control';
  if (ok !== null) return [{ handle, from, at, ok }];
  const isLost = now - at >= (health.detection.canaryMinutes * MINUTE_MS) / 2;
  return isLost ? [{ handle, from, at, ok: false }] : [];
}

function windowStart(now: EpochMs, { health }: FleetPolicy): EpochMs {
  return now - health.detection.canaryMinutes * MINUTE_MS;
}

/** The healthy line that a suspected one is compared with: always the same while it is healthy. */
function controlOf(suspect: LineRecord, lines: readonly LineRecord[]): LineRecord | undefined {
  return lines
    .filter(
      (line) =>
        line.poolId === suspect.poolId &&
        line.health === 'healthy' &&
        whyCannotSend(line, 'proactive') === null,
    )
    .sort((a, b) => rendezvousRank(suspect.id, b.id) - rendezvousRank(suspect.id, a.id))[0];
}
