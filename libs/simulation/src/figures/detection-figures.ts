import { DAY_MS, HOUR_MS, MINUTE_MS } from '@linekeeper/domain';
import {
  type DetectionDrill,
  type Drill,
  FAILING,
  MODES,
  suspectedAfter,
} from '../detection/detection-drill';
import { instantOf } from '../kernel/calendar';
import type { Run } from '../run/run';

/** A year of a line without trouble is this long. */
const YEAR_MS = 365 * DAY_MS;

/**
 * Figures of the detectors beside S7, each under `mode` and per cent failing, as in `events95BadP50`: counted outcomes
 * and bad ones until a suspicion, hours until it, minutes from it to an ejection, and drills in which neither came.
 */
export type DetectionFigures = Readonly<Record<string, number>>;

/** `isTroubled`: whether a line was in trouble at an instant, so that a suspicion then is none of a healthy line. */
export function detectionFigures(
  run: Run,
  detection: DetectionDrill,
  isTroubled: (line: number, at: number) => boolean,
): DetectionFigures {
  const figures: Record<string, number> = {};
  const years = (run.fleet.lines.length * (instantOf(run.now) - instantOf(0))) / YEAR_MS;
  figures['lineYears'] = years;
  for (const mode of MODES) {
    const episodes = detection.watched
      .filter((each) => each.mode === mode)
      .flatMap(({ line, watch }) => watch.episodes.map((episode) => ({ ...episode, line })));
    const wrong = episodes.filter(({ line, suspectedAt }) => !isTroubled(line, suspectedAt));
    const troubled = episodes.filter(({ line, suspectedAt }) => isTroubled(line, suspectedAt));
    figures[`${mode}FalseSuspicionsPerYear`] = wrong.length / years;
    figures[`${mode}FalseEjections`] = wrong.filter(({ verdict }) => verdict === 'eject').length;
    figures[`${mode}BadWeekSuspected`] = new Set(troubled.map(({ line }) => line)).size;
    figures[`${mode}BadWeekEjected`] = troubled.filter(({ verdict }) => verdict === 'eject').length;
    for (const failing of FAILING) {
      const drills = detection.drills.filter(
        (each) => each.mode === mode && each.failing === failing,
      );
      Object.assign(figures, ofDrills(`${mode}${Math.round(100 * failing)}`, drills, run));
    }
  }
  return figures;
}

function ofDrills(name: string, drills: readonly Drill[], run: Run): Record<string, number> {
  // Drills that the run's end cut short say nothing of how long it takes.
  const end = instantOf(run.now);
  const whole = drills.filter(({ startsAt }) => end - startsAt >= 12 * DAY_MS);
  const found = whole.filter((drill) => suspectedAfter(drill) !== undefined);
  const of = (value: (drill: Drill) => number): number[] => found.map(value).sort((a, b) => a - b);
  const bad = of((drill) => drill.bad);
  const outcomes = of((drill) => drill.outcomes);
  const hours = of(
    (drill) => ((suspectedAfter(drill)?.suspectedAt ?? 0) - drill.startsAt) / HOUR_MS,
  );
  const verdicts = found
    .map((drill) => {
      const episode = suspectedAfter(drill);
      const at = episode?.verdict === 'eject' ? episode.verdictAt : null;
      return at == null || !episode ? Infinity : (at - episode.suspectedAt) / MINUTE_MS;
    })
    .sort((a, b) => a - b);
  return {
    [`${name}Drills`]: whole.length,
    [`${name}Missed`]: whole.length - found.length,
    [`${name}BadP50`]: at(bad, 0.5),
    [`${name}BadMax`]: at(bad, 1),
    [`${name}OutcomesP50`]: at(outcomes, 0.5),
    [`${name}OutcomesP95`]: at(outcomes, 0.95),
    [`${name}HoursP50`]: at(hours, 0.5),
    [`${name}HoursP95`]: at(hours, 0.95),
    [`${name}VerdictMinutesP50`]: at(verdicts, 0.5),
    [`${name}VerdictMinutesP95`]: at(verdicts, 0.95),
    [`${name}VerdictMinutesMax`]: at(verdicts, 1),
  };
}

const at = (sorted: readonly number[], quantile: number): number =>
  sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? 0;
