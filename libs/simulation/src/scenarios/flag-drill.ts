import { onProviderStatus } from '@linekeeper/domain';
import { NOWHERE } from '../fleet/fleet';
import { DAY_SECONDS, HOUR_SECONDS, instantOf } from '../kernel/calendar';
import { type Chance, chanceOf, drawExponential } from '../kernel/chance';
import type { Run } from '../run/run';
import { IN } from '../traffic/traffic';
import { busyHour } from './busy-hour';
import { FlagHazard, quietFlags } from './flag-hazard';

/** How long is looked at after the first flag. */
const AFTERMATH_SECONDS = 7 * DAY_SECONDS;
/** Share of the affected who write on their own each day, as the mean time until they do. Fixed by the benchmark. */
const PULL_MEAN_SECONDS = DAY_SECONDS / -Math.log(1 - 0.15);
const SECOND_FLAG_AFTER = 12 * HOUR_SECONDS;

/** A user of a flagged line. */
export interface Victim {
  readonly user: number;
  /** The flagged line they talked on. */
  readonly line: number;
  readonly flaggedAt: number;
  /** Whether the flag was the scenario's own and no consequence of another. */
  readonly isFirst: boolean;
  /** Whether what is written to them goes through the gate. */
  readonly isPaced: boolean;
  /** Whether they wrote within the policy's days of silence before: the others are left alone. */
  readonly isActive: boolean;
  /** Whether they saved their card, or know another number of ours: the most that any failover could use. */
  readonly couldKnow: boolean;
  readonly hasCard: boolean;
  readonly isStranded: boolean;
  /** Second of our next text to them, and whether they knew its number; null while there is none. */
  served: { readonly at: number; readonly known: boolean } | null;
}

export interface Flag {
  readonly at: number;
  readonly line: number;
  readonly isSecondary: boolean;
  /** When everyone to be written to will have been, as announced at the start. */
  readonly etaAt: number | null;
  /** Users with a slot for a first contact. */
  readonly pushed: readonly number[];
  /** Forecast load of each line just before and just after. */
  readonly loadBefore: readonly number[];
  readonly loadAfter: readonly number[];
}

/** S4 and S5: flags at a busy hour, what people do then, and what else is flagged for it. */
export class FlagDrill {
  readonly flags: Flag[] = [];
  readonly victims: Victim[] = [];
  readonly hazard: FlagHazard;
  readonly startsAt: number;
  /** Flags to be expected if nobody were written to. */
  readonly quiet: number;
  private readonly pulls: Chance;
  /** A person may lose one line after another. */
  private readonly byUser = new Map<number, Victim[]>();

  constructor(
    private readonly run: Run,
    count: number,
  ) {
    const { seed, traffic } = run.setup;
    this.hazard = new FlagHazard(run, chanceOf(seed, 'hazard'));
    this.pulls = chanceOf(seed, 'pulls');
    this.startsAt = busyHour(traffic);
    this.quiet = quietFlags(run.fleet.lines.length - count, AFTERMATH_SECONDS);
    run.onUnsaid = (user, direction) => this.onUnsaid(user, direction);
    for (let i = 0; i < count; i += 1) {
      run.agenda.add(this.startsAt + i * SECOND_FLAG_AFTER, () => {
        const line = this.busiest();
        // A bad enough answer to the first flag leaves no line for the second.
        if (line !== null) this.flag(line, false);
      });
    }
    for (let at = HOUR_SECONDS; at <= AFTERMATH_SECONDS; at += HOUR_SECONDS) {
      run.agenda.add(this.startsAt + at, () => {
        for (const line of this.hazard.hour()) this.flag(line, true);
      });
    }
    run.agenda.add(this.startsAt + AFTERMATH_SECONDS, () => run.stop());
  }

  private busiest(): number | null {
    const { lines } = this.run.fleet;
    let best: number | null = null;
    lines.forEach((line, i) => {
      if (line.providerStatus === 'FLAGGED' || line.adminState !== 'enabled') return;
      if (best === null || line.usedLast24h > (lines[best]?.usedLast24h ?? 0)) best = i;
    });
    return best;
  }

  private flag(line: number, isSecondary: boolean): void {
    const { run } = this;
    const state = run.fleet.line(line);
    const affected = run.fleet.usersOn(line);
    const loadBefore = this.loads();
    Object.assign(state, onProviderStatus(state, 'FLAGGED', instantOf(run.now), run.policy).next);
    const answer = run.contender.onFlag?.(line, run.now) ?? {
      ...{ moves: [], stranded: affected, etaAt: null, paced: true },
    };
    const stranded = new Set(answer.stranded);
    for (const user of affected) {
      this.addVictim(user, line, {
        ...{ isFirst: !isSecondary, isPaced: answer.paced, isStranded: stranded.has(user) },
      });
    }
    for (const { user, to, reason } of answer.moves) run.move(user, to, reason);
    const pushed: number[] = [];
    for (const { user, contactAt } of answer.moves) {
      // Whoever is silent is not written to by anyone here: the comparison is of ways, not of manners.
      if (contactAt === null || this.current(user)?.isActive !== true) continue;
      pushed.push(user);
      run.agenda.add(Math.max(run.now, Math.ceil(contactAt)), () => this.write(user, 'proactive'));
    }
    this.flags.push({
      ...{ at: run.now, line, isSecondary, etaAt: answer.etaAt, pushed },
      ...{ loadBefore, loadAfter: this.loads() },
    });
  }

  private addVictim(
    user: number,
    line: number,
    how: Pick<Victim, 'isFirst' | 'isPaced' | 'isStranded'>,
  ): void {
    const { run } = this;
    const lastIn = run.fleet.lastInAt[user] ?? -1;
    const silent = run.policy.failover.silentDays * DAY_SECONDS;
    const isActive = lastIn >= 0 && run.now - lastIn <= silent;
    const others = run.fleet.lines.map((_, i) => i).filter((each) => each !== line);
    const victim: Victim = {
      ...{ user, line, flaggedAt: run.now, isActive, ...how },
      couldKnow: run.setup.people.saved[user] === 1 || others.some((each) => run.knows(user, each)),
      hasCard: run.setup.people.delivered[user] === 1,
      served: null,
    };
    this.victims.push(victim);
    this.byUser.set(user, [...(this.byUser.get(user) ?? []), victim]);
    run.waiting[user] = 1;
    if (!isActive) return;
    const at = run.now + Math.ceil(drawExponential(this.pulls, PULL_MEAN_SECONDS));
    run.agenda.add(at, () => this.pull(user));
  }

  /** A silent person writes when the traffic says so; an active one by the hazard above. */
  private onUnsaid(user: number, direction: number): void {
    const victim = this.current(user);
    if (victim && !victim.isActive && direction === IN) this.pull(user);
  }

  /** A person writes in the thread they have, and is answered from where they stand now. */
  private pull(user: number): void {
    const victim = this.current(user);
    if (!victim || victim.served) return;
    this.run.gate.onPull(user, victim.line);
    if (!victim.isStranded) this.write(user, 'reply');
  }

  private write(user: number, asked: 'reply' | 'proactive'): void {
    const { run } = this;
    const victim = this.current(user);
    if (!victim || victim.served) return;
    const wish = {
      ...{ user, asked, due: run.now, patient: true },
      isWanted: () => victim.served === null,
      onSent: (known: boolean) => {
        for (const each of this.byUser.get(user) ?? []) each.served ??= { at: run.now, known };
        run.waiting[user] = 0;
      },
    };
    if (victim.isPaced) run.gate.ask(wish);
    else run.gate.sendUnasked(wish);
  }

  private current(user: number): Victim | undefined {
    return this.byUser.get(user)?.at(-1);
  }

  /** Messages a day by forecast, or users where nobody forecasts. */
  private loads(): number[] {
    return this.run.fleet.lines.map(({ meanMilli, users }) =>
      meanMilli > 0 ? meanMilli / 1_000 : users,
    );
  }
}

/** Whether a victim stands on a number of their own card. */
export function isOnCard(run: Run, { user }: Victim): boolean {
  const line = run.fleet.lineOf[user] ?? NOWHERE;
  return run.holds(user).includes(line) && run.fleet.line(line).providerStatus !== 'FLAGGED';
}
