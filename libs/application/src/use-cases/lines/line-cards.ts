import { Injectable, Logger } from '@nestjs/common';
import { cleanProfile, HOUR_MS } from '@linekeeper/domain';
import { automation } from '../../actor';
import {
  type IdentityDrift,
  type LineIdentityRecord,
  type LineRecord,
  MessagingProvider,
  type PoolRecord,
  type ProviderContactCard,
  ProviderProblem,
  PublicAddress,
  UnitOfWork,
} from '../../ports';
import { photoAddress, storedProfileOf } from '../people/card';
import { type Decision, Decisions, lineOr404, mayAct, poolOf } from '../shared';

/** A line whose card was as it should be is looked at again after so long: somebody may change it in Linq's own dashboard. */
const LOOK_EVERY_MS = 6 * HOUR_MS;
/** Lines in one run, each of which costs the provider at most four calls. */
const MAX_LINES = 50;

/** What a line ought to show. Without a photo that the provider could fetch from us, no photo. */
interface Wanted {
  readonly name: string;
  readonly photoId: string | null;
}

/** The contact card that a line itself has at the provider: the name and photo that people see above its threads. */
@Injectable()
export class LineCards {
  private readonly logger = new Logger('Cards');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decisions: Decisions,
    private readonly provider: MessagingProvider,
    private readonly address: PublicAddress,
  ) {}

  /**
   * Sets the card up when the line has none; while sharing only observes, it says so and writes nothing at the
   * provider. Idempotent; the provider is asked until the line has one. False for a line that has none and can be given
   * none: on V2 that is the provider's doing.
   */
  async ensure(lineId: string, decision: Decision): Promise<boolean> {
    const { read } = this.unitOfWork;
    const line = await lineOr404(read, lineId);
    if (line.contactCardActive) return true;
    const pool = await poolOf(read, line.poolId);
    if (!(await this.provider.hasContactCard(line.phoneNumber))) {
      if (line.apiVersion === 'v2') return false;
      const wouldBe = { event: 'line.changed', data: { lineId, contactCard: 'set' } } as const;
      if (!(await mayAct(read, decision, 'share', wouldBe))) return true;
      await this.set(line, this.wantedBy(pool));
      const [before] = await read.identities.ofLines([lineId]);
      const setTo = nameOf(this.wantedBy(pool));
      const times = { setAt: decision.now, seenAt: before?.seenAt ?? decision.now };
      await read.identities.save({ lineId, setTo, drift: [], problem: null, ...times });
    }
    const options = { at: decision.now, raiseEpoch: false };
    await read.lines.change(line.id, { contactCardActive: true }, options);
    return true;
  }

  /**
   * Compares what every line shows with what its pool says, and sets right what differs where sharing acts by itself. What
   * cannot be set right stays visible as drift, with the reason. Converges: a line that is right costs one call in six hours.
   */
  async execute(): Promise<{ looked: number; set: number; drifting: number }> {
    const decision = await this.decisions.begin(automation('check-line-cards'));
    const { read } = this.unitOfWork;
    const environment = await read.environment.get();
    const acts = environment?.actuators.share === 'auto' && environment.frozenAt === null;
    const pools = new Map((await read.pools.list()).map((pool) => [pool.id, pool]));
    const lines = (await read.lines.list()).filter(isShown);
    const records = await read.identities.ofLines(lines.map(({ id }) => id));
    const known = new Map(records.map((record) => [record.lineId, record]));
    const done = { looked: 0, set: 0, drifting: 0 };
    for (const line of lines) {
      const pool = pools.get(line.poolId);
      const record = known.get(line.id) ?? null;
      if (!pool || !isDue(record, this.wantedBy(pool), decision) || done.looked >= MAX_LINES)
        continue;
      const after = await this.look(line, this.wantedBy(pool), record, acts, decision);
      done.looked += 1;
      if (after.setAt === decision.now) done.set += 1;
      if (after.drift.length > 0) done.drifting += 1;
    }
    return done;
  }

  private async look(
    line: LineRecord,
    wanted: Wanted,
    record: LineIdentityRecord | null,
    acts: boolean,
    decision: Decision,
  ): Promise<LineIdentityRecord> {
    const { read } = this.unitOfWork;
    let setTo = record?.setTo ?? null;
    let setAt = record?.setAt ?? null;
    let problem: string | null = null;
    let drift: readonly IdentityDrift[] = record?.drift ?? [];
    try {
      let found = await this.provider.contactCard(line.phoneNumber);
      drift = driftOf(found, wanted, setTo);
      if (drift.length > 0 && acts) {
        await this.set(line, wanted);
        setTo = nameOf(wanted);
        setAt = decision.now;
        // A card is applied to the device after it was accepted, so it is believed when it is seen.
        found = await this.provider.contactCard(line.phoneNumber);
        drift = driftOf(found, wanted, setTo);
      }
      const contactCardActive = found?.isActive === true;
      if (contactCardActive !== line.contactCardActive) {
        const options = { at: decision.now, raiseEpoch: false };
        await read.lines.change(line.id, { contactCardActive }, options);
      }
    } catch (error) {
      if (!(error instanceof ProviderProblem)) throw error;
      problem = error.code === null ? error.kind : `${error.kind} (${error.code})`;
      this.logger.warn({ what: 'A line card could not be set', lineId: line.id, problem });
    }
    const after = { lineId: line.id, setTo, drift, problem, setAt, seenAt: decision.now };
    await read.identities.save(after);
    return after;
  }

  private set(line: LineRecord, { name, photoId }: Wanted): Promise<void> {
    const photoUrl = photoId === null ? null : photoAddress(this.address, photoId);
    return this.provider.setContactCard(line.phoneNumber, name, photoUrl);
  }

  private wantedBy(pool: PoolRecord): Wanted {
    const profile = storedProfileOf(pool);
    const { name } = cleanProfile(profile);
    return {
      name: name === '' ? pool.name : name,
      photoId: this.address.isSecure ? (profile.photo?.id ?? null) : null,
    };
  }
}

function isShown(line: LineRecord): boolean {
  return line.managed && line.adminState !== 'retired' && line.listedAt !== null;
}

function isDue(record: LineIdentityRecord | null, wanted: Wanted, { now }: Decision): boolean {
  if (record === null || record.drift.length > 0 || record.problem !== null) return true;
  return record.seenAt + LOOK_EVERY_MS <= now || record.setTo !== nameOf(wanted);
}

/** A name for an identity: the photo's, then the name that is shown. */
function nameOf({ name, photoId }: Wanted): string {
  return `${photoId ?? 'no photo'} ${name}`;
}

/**
 * How what the provider has differs from what is wanted. It keeps a copy of the photo under an address of its own, so which
 * one it is follows from what was last set. A photo nobody wants is left alone: the provider has no way to take it away.
 */
function driftOf(
  found: ProviderContactCard | null,
  wanted: Wanted,
  setTo: string | null,
): IdentityDrift[] {
  if (found === null) return ['missing'];
  const drift: IdentityDrift[] = [];
  if (!found.isActive) drift.push('inactive');
  if (found.name !== null && found.name !== wanted.name) drift.push('name');
  const isOurPhoto = setTo?.startsWith(`${wanted.photoId ?? ''} `) === true;
  if (wanted.photoId !== null && found.hasPhoto !== null && !(found.hasPhoto && isOurPhoto)) {
    drift.push('photo');
  }
  return drift;
}
