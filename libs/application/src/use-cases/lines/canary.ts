import { Injectable, Logger } from '@nestjs/common';
import {
  canaryMemoryStart,
  type CanaryVerdict,
  canaryVerdict,
  type EpochMs,
  type FleetPolicy,
  isRoundDue,
  MINUTE_MS,
  type Probe,
  PROBES_PER_ROUND,
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
 * reach and only one does tells which of them is sick.
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
    const done = (await read.evidence.probes(canaryMemoryStart(now, policy))).map((probe) =>
      ended(probe, now, policy),
    );
    const of = (line: LineRecord, phone: string): ProbeOutcome[] =>
      done.filter(({ lineId, handle }) => lineId === line.id && handle === phone);
    const sent = new Set<string>();
    for (const suspect of lines.filter(({ health, managed }) => managed && health === 'suspect')) {
      const control = controlOf(suspect, lines);
      if (!control) continue;
      for (const phone of phones) {
        if (!isRoundDue(of(suspect, phone), now, policy)) continue;
        // One message tells whether a phone can be reached; of a doubtful line one more or less may be chance.
        for (const [line, count] of [
          [control, 1],
          [suspect, PROBES_PER_ROUND],
        ] as const) {
          if (sent.has(`${line.id} ${phone}`)) continue;
          sent.add(`${line.id} ${phone}`);
          const round = of(line, phone).at(-1)?.at ?? windowOf(now, policy);
          for (let i = 0; i < count; i += 1) await this.probe(line, phone, `${round}-${i}`, now);
        }
      }
    }
  }

  private phones({ health }: FleetPolicy): string[] {
    return health.detection.canaryTestHandles.flatMap(
      (text) => this.handles.parse(text)?.value ?? [],
    );
  }

  private async probe(line: LineRecord, handle: string, round: string, at: EpochMs): Promise<void> {
    try {
      const { messageId } = await this.provider.send({
        fromPhoneNumber: line.phoneNumber,
        to: handle,
        chatId: null,
        text: TEXT,
        // A run that was killed sends the same again soon after, which is the same message.
        idempotencyKey: `canary-${line.id}-${handle}-${round}`,
      });
      await this.unitOfWork.read.evidence.noteProbe({ messageId, lineId: line.id, handle, at });
    } catch (error) {
      if (!(error instanceof ProviderProblem)) throw error;
      this.logger.warn({ what: 'A canary was not sent', lineId: line.id, kind: error.kind });
    }
  }
}

/** What the canaries of each line say. Only healthy lines tell whether a phone can be reached. */
export async function canaryOf(
  stores: Stores,
  fleet: readonly LineRecord[],
  { now, policy }: Decision,
): Promise<(lineId: string) => CanaryVerdict> {
  const { canaryHandles, canaryTestHandles } = policy.health.detection;
  if (canaryTestHandles.length < canaryHandles) return () => 'none';
  const probes = await stores.evidence.probes(canaryMemoryStart(now, policy));
  const healthy = new Set(fleet.flatMap(({ id, health }) => (health === 'healthy' ? [id] : [])));
  return (lineId) => {
    const speaking = probes.filter((each) => each.lineId === lineId || healthy.has(each.lineId));
    return canaryVerdict(
      speaking.flatMap((probe) => probeFor(lineId, probe, now, policy)),
      now,
      policy,
    );
  };
}

/** What is known of a canary: one that is not there after a third of the time it has counts as lost. */
function ended(probe: ProbeOutcome, now: EpochMs, { health }: FleetPolicy): ProbeOutcome {
  const isLost = now - probe.at >= (health.detection.canaryMinutes * MINUTE_MS) / 3;
  return probe.ok === null && isLost ? { ...probe, ok: false } : probe;
}

function probeFor(lineId: string, probe: ProbeOutcome, now: EpochMs, policy: FleetPolicy): Probe[] {
  const { lineId: sender, handle, at, ok } = ended(probe, now, policy);
  return ok === null ? [] : [{ handle, from: sender === lineId ? 'line' : 'control', at, ok }];
}

/** Begins the count for a pair that nothing is remembered of. */
function windowOf(now: EpochMs, { health }: FleetPolicy): EpochMs {
  const windowMs = health.detection.canaryMinutes * MINUTE_MS;
  return now - (now % windowMs);
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
