import {
  afterVerdict,
  type BadRates,
  canaryMemoryStart,
  canaryVerdict,
  DistinctRecipients,
  type FleetPolicy,
  HOUR_MS,
  judgeLine,
  MINUTE_MS,
  NO_SUSPICION,
  type Probe,
  PROBES_PER_ROUND,
  SECOND_MS,
  type Suspicion,
  takeOutcome,
  takeReply,
} from '@linekeeper/domain';
import type { Chance } from '../kernel/chance';

/** Soon after a suspicion, or a lost probe, probes are frequent: a verdict is wanted. Else they wait for a recovery. */
const FIRST_PROBES_MS = 15 * MINUTE_MS;
const SOON_MS = 2 * MINUTE_MS;
/** Our own handles are probed one after another, at the pace of availability probes. */
const BETWEEN_HANDLES_MS = 10 * SECOND_MS;

/** What became of a suspicion. */
export interface Episode {
  readonly suspectedAt: number;
  readonly verdict: 'healthy' | 'eject' | 'none';
  readonly verdictAt: number | null;
}

/** One line's detectors, as the domain has them, with the canaries that a suspicion sends. Instants are epoch ms. */
export class LineWatch {
  readonly episodes: Episode[] = [];
  /** Outcomes that counted. */
  counted = 0;
  private suspicion: Suspicion = NO_SUSPICION;
  private probes: Probe[] = [];
  private probeAt = Infinity;
  private readonly outcomes: DistinctRecipients;

  constructor(
    private readonly policy: FleetPolicy,
    private readonly chance: Chance,
    /** Share of messages that the line fails to deliver at an instant. */
    private readonly failing: (at: number) => number,
    private readonly healthyFailing: number,
  ) {
    this.outcomes = new DistinctRecipients(policy);
  }

  /** Whether this outcome counted. */
  takeOutcome(
    user: number,
    outcome: 'good' | 'bad',
    at: number,
    rates: BadRates,
    perDay: number,
  ): boolean {
    this.advance(at);
    if (!this.outcomes.counts(String(user), at)) return false;
    this.counted += 1;
    this.hold(takeOutcome(this.suspicion, { outcome, at }, rates, perDay, this.policy), at);
    return true;
  }

  /** Somebody replied, or did not. Whoever gives it in sees to it that a person counts once a day. */
  takeReply(outcome: 'good' | 'bad', at: number, rates: BadRates, perDay: number): void {
    this.advance(at);
    // Without news of deliveries a reply is the only good outcome there is.
    const goodSince = this.suspicion.goodSince + Number(outcome === 'good');
    const held = { ...this.suspicion, goodSince };
    this.hold(takeReply(held, { outcome, at }, rates, perDay, this.policy), at);
  }

  /** Everything that probes say until an instant. */
  advance(until: number): void {
    while (this.probeAt <= until) {
      const at = this.probeAt;
      const since = this.suspicion.suspectSince ?? at;
      const isLost = this.probe(at);
      this.probeAt = at + (isLost || at - since < FIRST_PROBES_MS ? SOON_MS : HOUR_MS);
      this.judge(at + BETWEEN_HANDLES_MS * this.policy.health.detection.canaryHandles);
    }
  }

  private hold(next: Suspicion, at: number): void {
    const isNew = this.suspicion.suspectSince === null && next.suspectSince !== null;
    this.suspicion = next;
    if (isNew) {
      this.episodes.push({ suspectedAt: at, verdict: 'none', verdictAt: null });
      this.probeAt = at;
    }
    if (next.suspectSince !== null) this.judge(at);
  }

  /** Whether a probe of the line was lost: then the next follows soon. */
  private probe(at: number): boolean {
    const { canaryHandles } = this.policy.health.detection;
    const fresh: Probe[] = [];
    for (let i = 0; i < canaryHandles; i += 1) {
      const probedAt = at + i * BETWEEN_HANDLES_MS;
      const end = { handle: String(i), at: probedAt };
      for (let n = 0; n < PROBES_PER_ROUND; n += 1) {
        fresh.push({ ...end, from: 'line', ok: this.chance() >= this.failing(probedAt) });
      }
      fresh.push({ ...end, from: 'control', ok: this.chance() >= this.healthyFailing });
    }
    const memoryStart = canaryMemoryStart(at, this.policy);
    this.probes = [...this.probes.filter((each) => each.at >= memoryStart), ...fresh];
    return fresh.some(({ from, ok }) => from === 'line' && !ok);
  }

  private judge(at: number): void {
    const canary = canaryVerdict(this.probes, at, this.policy);
    const verdict = judgeLine(
      { flagged: false, canary, suspicion: this.suspicion },
      at,
      this.policy,
    );
    const episode = this.episodes.at(-1);
    if (verdict.verdict === 'suspect' || !episode || this.suspicion.suspectSince === null) return;
    this.episodes[this.episodes.length - 1] = {
      ...episode,
      verdict: verdict.verdict,
      verdictAt: at,
    };
    this.suspicion = afterVerdict(this.suspicion, verdict);
    this.probes = [];
    this.probeAt = Infinity;
  }
}
