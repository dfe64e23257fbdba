import {
  badRatesOf,
  DAY_MS,
  HOUR_MS,
  outcomeOf,
  outcomesPerDay,
  silenceRatesOf,
} from '@linekeeper/domain';
import { instantOf } from '../kernel/calendar';
import { type Chance, chanceOf } from '../kernel/chance';
import type { Run } from '../run/run';
import { IN } from '../traffic/traffic';
import { LineWatch } from './line-watch';
import { Replies, type Reply, ReplyShare } from './replies';
import { Window } from './window';

/** Of a healthy line's messages, and of probes; the middle of the bounds within which the domain learns it. */
const HEALTHY_FAILING = 0.02;
/** What a silently flagged line fails to deliver. Fixed by the benchmark. */
export const FAILING = [0.95, 0.3] as const;
/** A drill's detectors run along healthy for a day first, so that they know the day's recipients. */
const WARM_UP_MS = DAY_MS;
const FIRST_DRILL_DAY = 30;
const DRILL_EVERY_DAYS = 14;
/** A drill is over before the next begins. */
const DRILL_MS = 12 * DAY_MS;
/** Of day 0 of the run: noon, when a line is in use. */
const DRILL_HOUR = 12;

/** `events`: failures and downgrades are told, and replies. `silence`: replies are all there is (V2). */
export const MODES = ['events', 'silence'] as const;
export type Mode = (typeof MODES)[number];

/** One line that fails silently from an instant on. Nothing follows from it in the run: it is looked at, not lived. */
export interface Drill {
  readonly line: number;
  readonly mode: Mode;
  readonly failing: number;
  readonly startsAt: number;
  readonly watch: LineWatch;
  /** Outcomes, and bad ones, that counted until the suspicion. */
  outcomes: number;
  bad: number;
}

/** A line as it is, watched through the whole run. */
interface Watched {
  readonly line: number;
  readonly mode: Mode;
  readonly watch: LineWatch;
}

/**
 * Detectors beside a run: one for each line as it is, and again and again one for each as if it failed silently.
 * The messages are the run's own; whether each arrives is drawn here. Their words move nobody.
 */
export class DetectionDrill {
  readonly watched: Watched[];
  readonly drills: Drill[] = [];
  private running: Drill[] = [];
  private readonly chance: Chance;
  private readonly replies: Replies[];
  private readonly share = new ReplyShare();
  /** Of the lines as they are. */
  private bad = 1;
  private outcomes = 1 / HEALTHY_FAILING;
  /** By line: outcomes that counted. */
  private readonly lastDay: Window[];
  private readonly lastWeek: Window[];

  /** `losesReply`: whether a reply on a line stays away now although the person would have written. */
  constructor(
    private readonly run: Run,
    private readonly losesReply: (line: number, at: number, chance: Chance) => boolean,
  ) {
    const { fleet, policy, setup } = run;
    this.chance = chanceOf(setup.seed, 'detection');
    this.replies = fleet.lines.map(() => new Replies(policy));
    this.lastDay = fleet.lines.map(() => new Window(DAY_MS));
    this.lastWeek = fleet.lines.map(() => new Window(7 * DAY_MS));
    this.watched = fleet.lines.flatMap((_, line) =>
      MODES.map((mode) => ({ line, mode, watch: this.watch(() => HEALTHY_FAILING) })),
    );
    run.onCounted = (user, line, direction) => this.onCounted(user, line, direction);
    for (let day = FIRST_DRILL_DAY; day + 1 < setup.traffic.days; day += DRILL_EVERY_DAYS) {
      const startsAt = instantOf(0) + day * DAY_MS + DRILL_HOUR * HOUR_MS;
      run.agenda.add((startsAt - WARM_UP_MS - instantOf(0)) / 1_000, () => this.begin(startsAt));
    }
  }

  private watch(failing: (at: number) => number): LineWatch {
    return new LineWatch(this.run.policy, this.chance, failing, HEALTHY_FAILING);
  }

  private begin(startsAt: number): void {
    this.running = this.run.fleet.lines.flatMap((_, line) =>
      MODES.flatMap((mode) =>
        FAILING.map((failing) => ({
          ...{ line, mode, failing, startsAt, outcomes: 0, bad: 0 },
          watch: this.watch((at) => (at >= startsAt ? failing : HEALTHY_FAILING)),
        })),
      ),
    );
    this.drills.push(...this.running);
  }

  private onCounted(user: number, line: number, direction: number): void {
    const now = instantOf(this.run.now);
    const replies = this.replies[line];
    if (!replies) return;
    for (const reply of replies.due(now)) this.onReply(line, reply, now);
    if (direction === IN) {
      replies.onIn(user);
      return;
    }
    replies.onOut(user, now);
    this.onOut(user, line, now);
  }

  private onOut(user: number, line: number, at: number): void {
    const [draw, kind] = [this.chance(), this.chance()];
    const rates = badRatesOf(this.bad / this.outcomes, this.run.policy);
    const usual = this.outcomeAt(user, at, draw < HEALTHY_FAILING, kind);
    for (const { watch, mode, line: own } of this.watched) {
      if (own !== line || mode !== 'events' || usual === null) continue;
      if (!watch.takeOutcome(user, usual, at, rates, this.perDay(line, at))) continue;
      this.lastDay[line]?.add(at);
      this.lastWeek[line]?.add(at);
      this.outcomes += 1;
      this.bad += Number(usual === 'bad');
    }
    for (const drill of this.running) {
      if (drill.line !== line || drill.mode !== 'events') continue;
      const failing = at >= drill.startsAt ? drill.failing : HEALTHY_FAILING;
      const outcome = this.outcomeAt(user, at, draw < failing, kind);
      if (outcome === null) continue;
      this.feed(drill, outcome, at, () =>
        drill.watch.takeOutcome(user, outcome, at, rates, this.perDay(line, at)),
      );
    }
  }

  private outcomeAt(
    user: number,
    at: number,
    isLost: boolean,
    kind: number,
  ): 'good' | 'bad' | null {
    const { people } = this.run.setup;
    const isAndroid = people.android[user] === 1;
    const lastIn = this.run.fleet.lastInAt[user] ?? -1;
    return outcomeOf(
      {
        // What a line cannot send as iMessage fails, or goes as SMS: as often the one as the other.
        kind: isLost && kind < 0.5 ? 'failed' : 'delivered',
        service: isLost || isAndroid ? 'sms' : 'imessage',
        at,
        seenOnIMessageAt: isAndroid || lastIn < 0 ? null : instantOf(lastIn),
      },
      this.run.policy,
    );
  }

  private onReply(line: number, reply: Reply, at: number): void {
    const isLost = this.losesReply(line, reply.wroteAt, this.chance);
    const seen = { ...reply, replied: reply.replied && !isLost };
    this.share.take(seen, at);
    const rates = silenceRatesOf(this.share.value);
    for (const { watch, line: own } of this.watched) {
      if (own !== line) continue;
      watch.takeReply(wordOf(seen.replied), at, rates, this.perDay(line, at));
    }
    const draw = this.chance();
    for (const drill of this.running) {
      if (drill.line !== line) continue;
      // Whoever did not get our text does not answer it.
      const failing = reply.wroteAt >= drill.startsAt ? drill.failing : 0;
      const outcome = wordOf(seen.replied && draw >= failing);
      this.feed(drill, drill.mode === 'silence' ? outcome : null, at, () => {
        drill.watch.takeReply(outcome, at, rates, this.perDay(line, at));
        return true;
      });
    }
  }

  /** Gives an outcome to a drill that is still open; `outcome` is what it tells until the suspicion. */
  private feed(
    drill: Drill,
    outcome: 'good' | 'bad' | null,
    at: number,
    take: () => boolean,
  ): void {
    const before = suspectedAfter(drill);
    if (at - drill.startsAt > DRILL_MS || (before && before.verdict !== 'none')) return;
    const isOpen = before === undefined && at >= drill.startsAt;
    if (!take() || !isOpen || outcome === null) return;
    drill.outcomes += 1;
    drill.bad += Number(outcome === 'bad');
  }

  /** Distinct recipients with an outcome on a line. */
  private perDay(line: number, at: number): number {
    return outcomesPerDay(this.lastDay[line]?.count(at) ?? 0, this.lastWeek[line]?.count(at) ?? 0);
  }
}

const wordOf = (good: boolean): 'good' | 'bad' => (good ? 'good' : 'bad');

/** The first suspicion after the line began to fail. */
export function suspectedAfter({ watch, startsAt }: Drill) {
  return watch.episodes.find(({ suspectedAt }) => suspectedAt >= startsAt);
}
