import type { Run } from '../run/run';
import { type FlagDrill, isOnCard, type Victim } from '../scenarios/flag-drill';

/** Figures of S4 and S5. Shares are of 1, times in seconds unless their name says hours. */
export interface FailoverFigures {
  readonly affected: number;
  /** Affected who wrote in the two weeks before: those that first contacts are for. */
  readonly active: number;
  /** Active users whose next text came from a number they know; the most there could be; their ratio. */
  readonly nextTextKnown: number;
  readonly nextTextBound: number;
  readonly nextTextOfBound: number;
  /** Users with a delivered card that do not stand on a usable number of it at the end. */
  readonly offCard: number;
  readonly stranded: number;
  readonly secondaryFlags: number;
  readonly secondaryExpected: number;
  /** What would be expected if nobody were written to. */
  readonly quietExpected: number;
  /** From a person's inbound to the answer being admitted; those never answered apart. */
  readonly answers: number;
  readonly answerP50: number;
  readonly answerP99: number;
  readonly unanswered: number;
  /** From the flag to the last send on that line (0: none after it) and to the first from another. */
  readonly lastSendOnLine: number;
  readonly firstRerouted: number;
  /** Hours until half, 95 % and all of the active were served; Infinity when some never were. */
  readonly servedP50Hours: number;
  readonly servedP95Hours: number;
  readonly servedAllHours: number;
  /** Announced and true hours until the last first contact, and how far off the first is of the second. */
  readonly etaHours: number;
  readonly lastContactHours: number;
  readonly etaError: number;
  /** The most that the forecast load of a line grew by the scenario's flags. */
  readonly worstLoadRatio: number;
  /** Users with a delivered card of whom nobody can take care. */
  readonly uncovered: number;
}

export function failoverFigures(run: Run, drill: FlagDrill): FailoverFigures {
  const victims = drill.victims.filter(({ isFirst }) => isFirst);
  const active = victims.filter(({ isActive }) => isActive);
  const known = active.filter(({ served }) => served?.known === true).length;
  const bound = active.filter(({ couldKnow }) => couldKnow).length;
  const after = run.records.extra.filter(
    ({ at, direction }) => direction === 'out' && at >= drill.startsAt,
  );
  const affected = new Set(victims.map(({ user }) => user));
  const flagged = new Map(drill.flags.map(({ line, at }) => [line, at]));
  const onFlagged = after.filter(({ line, at }) => at > (flagged.get(line) ?? Infinity));
  const waits = after
    .filter(({ kind, user }) => kind === 'reply' && affected.has(user))
    .map(({ waited }) => waited)
    .sort((a, b) => a - b);
  const pulled = new Set(
    run.records.extra.filter(({ kind }) => kind === 'pull').map(({ user }) => user),
  );
  return {
    affected: victims.length,
    active: active.length,
    nextTextKnown: share(known, active.length),
    nextTextBound: share(bound, active.length),
    nextTextOfBound: share(known, bound),
    offCard: victims.filter((each) => each.hasCard && !isOnCard(run, each)).length,
    stranded: victims.filter(({ isStranded }) => isStranded).length,
    secondaryFlags: drill.flags.filter(({ isSecondary }) => isSecondary).length,
    secondaryExpected: drill.hazard.expected,
    quietExpected: drill.quiet,
    answers: waits.length,
    answerP50: at(waits, 0.5),
    answerP99: at(waits, 0.99),
    unanswered: victims.filter(({ user, served }) => pulled.has(user) && !served).length,
    lastSendOnLine: onFlagged.reduce(
      (last, { line, at: sentAt }) => Math.max(last, sentAt - (flagged.get(line) ?? sentAt)),
      0,
    ),
    firstRerouted: (after[0]?.at ?? Infinity) - drill.startsAt,
    ...servedHours(active),
    ...etaFigures(drill, victims),
    worstLoadRatio: worstLoadRatio(run, drill),
    uncovered: victims.filter((each) => each.hasCard && each.isStranded).length,
  };
}

const share = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole);
const at = (sorted: readonly number[], quantile: number): number =>
  sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? 0;

function servedHours(
  active: readonly Victim[],
): Pick<FailoverFigures, 'servedP50Hours' | 'servedP95Hours' | 'servedAllHours'> {
  const hours = active
    .map(({ served, flaggedAt }) => (served ? (served.at - flaggedAt) / 3_600 : Infinity))
    .sort((a, b) => a - b);
  return {
    servedP50Hours: at(hours, 0.5),
    servedP95Hours: at(hours, 0.95),
    servedAllHours: at(hours, 1),
  };
}

/** Of the first flag. Whoever wrote before their slot counts as contacted then. */
function etaFigures(
  { flags }: FlagDrill,
  victims: readonly Victim[],
): Pick<FailoverFigures, 'etaHours' | 'lastContactHours' | 'etaError'> {
  const [flag] = flags;
  if (flag?.etaAt == null) return { etaHours: 0, lastContactHours: 0, etaError: 0 };
  const servedAt = new Map(victims.map(({ user, served }) => [user, served?.at ?? Infinity]));
  const last = flag.pushed.reduce(
    (latest, user) => Math.max(latest, servedAt.get(user) ?? Infinity),
    flag.at,
  );
  const etaHours = (flag.etaAt - flag.at) / 3_600;
  const lastContactHours = (last - flag.at) / 3_600;
  const off = Math.abs(etaHours - lastContactHours);
  return { etaHours, lastContactHours, etaError: off === 0 ? 0 : off / lastContactHours };
}

/** The most that the forecast load of a line grew by all flags together. */
function worstLoadRatio({ fleet }: Run, { flags }: FlagDrill): number {
  const before = flags[0]?.loadBefore ?? [];
  const after = flags.filter(({ isSecondary }) => !isSecondary).at(-1)?.loadAfter ?? [];
  return fleet.lines.reduce((worst, line, i) => {
    if (line.providerStatus === 'FLAGGED' || (before[i] ?? 0) === 0) return worst;
    return Math.max(worst, (after[i] ?? 0) / (before[i] ?? 1));
  }, 0);
}
