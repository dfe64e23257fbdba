import { basename } from 'node:path';
import { DEFAULT_FLEET_POLICY } from '@linekeeper/domain';
import {
  csvFiles,
  makePopulation,
  parseTrace,
  type Played,
  playScenario,
  scaleTrace,
  setupOf,
  type Traffic,
  trafficFile,
} from '@linekeeper/simulation';
import type { Arguments } from './arguments';
import { makeFolder, readText, writeCsv, writeText } from './files';
import { reportOf, type Section } from './html';
import { curvesOf, type KeptCurves, plotsOf } from './plots';
import { contenderOf } from './policies';
import { Progress } from './progress';
import { figuresOfPlayed, medians, type Row, withShares } from './rows';
import { cellsOf } from './table';

const MADE_UP = 'made-up population';

/** All runs on one traffic source. */
export interface Outcome {
  readonly source: string;
  readonly rows: Row[];
  /** Of the first seed and card share. */
  readonly kept: KeptCurves[];
}

/** What was asked for, run by run. */
export class Session {
  private readonly progress = new Progress();

  constructor(private readonly asked: Arguments) {}

  play(): Outcome[] {
    const { traces } = this.asked;
    const sources = traces.length === 0 ? [null] : traces;
    return sources.map((path) => {
      const outcome: Outcome = {
        source: path === null ? MADE_UP : basename(path),
        rows: [],
        kept: [],
      };
      for (const seed of this.asked.seeds) this.playSeed(path, seed, outcome);
      return { ...outcome, rows: withShares(outcome.rows) };
    });
  }

  private playSeed(path: string | null, seed: number, outcome: Outcome): void {
    const { asked } = this;
    const traffic = this.trafficOf(path, seed);
    for (const savedShare of asked.savedShares) {
      const several = asked.savedShares.length > 1;
      const { scenario, lines, budget } = asked;
      const policy = DEFAULT_FLEET_POLICY;
      const setup = setupOf(scenario, { traffic, lines, budget, policy, seed, savedShare });
      asked.policies.forEach((name, i) => {
        const label = `${scenario} seed ${seed} ${name} (${i + 1}/${asked.policies.length})`;
        const show = (share: number): void => this.progress.show(label, share);
        const played = playScenario(scenario, setup, contenderOf(name, setup, scenario), show);
        this.progress.clear();
        outcome.rows.push({
          ...{ source: outcome.source, seed, policy: name, figures: figuresOfPlayed(played) },
          savedShare: several ? savedShare : null,
        });
        const isFirst = seed === asked.seeds[0] && savedShare === asked.savedShares[0];
        if (isFirst) outcome.kept.push(curvesOf(name, played));
        const folders = [
          ...(asked.traces.length > 1 ? [outcome.source] : []),
          ...(asked.seeds.length > 1 ? [`seed-${seed}`] : []),
          ...(several ? [`saved-${Math.round(100 * savedShare)}`] : []),
        ];
        if (asked.out !== null) this.writeRun(asked.out, folders, name, i, played);
      });
    }
  }

  private trafficOf(path: string | null, seed: number): Traffic {
    this.progress.show('traffic', 0);
    const { users, days, scale } = this.asked;
    if (path === null) return makePopulation({ users, days }, seed);
    return scaleTrace(parseTrace(readText(path)), scale, seed);
  }

  /** Into the folder itself when there is one policy, into one each else; the traffic stands once beside them. */
  private writeRun(out: string, folders: string[], name: string, i: number, played: Played): void {
    const above = makeFolder(out, ...folders);
    const folder = this.asked.policies.length === 1 ? above : makeFolder(out, ...folders, name);
    for (const file of csvFiles(played.run)) writeCsv(folder, file);
    if (i === 0) writeCsv(above, trafficFile(played.run));
  }
}

function report(asked: Arguments, outcomes: readonly Outcome[]): string {
  const { scenario, lines, budget, seeds } = asked;
  const sections: Section[] = outcomes.map(({ source, rows, kept }) => ({
    title: source,
    cells: cellsOf(scenario, medians(rows)),
    plots: plotsOf(kept, budget),
  }));
  const notes = [
    `${lines} lines, ${budget} messages a line and day, seeds ${seeds.join(', ')}.`,
    'Figures are medians over the seeds; plots show the first. docs/arena.md says what each figure means.',
  ];
  return reportOf(`Arena: ${scenario}`, notes, sections);
}

/** Everything that was asked for and came out, as text. JSON knows no infinity: what never happens is null there. */
export function jsonOf(asked: Arguments, outcomes: readonly Outcome[]): string {
  const { scenario, lines, budget, seeds, scale } = asked;
  const { dayStartHour } = DEFAULT_FLEET_POLICY.budget;
  const rows = outcomes.flatMap((outcome) => outcome.rows);
  return JSON.stringify({ scenario, lines, budget, seeds, scale, dayStartHour, rows }, null, 2);
}

/** The figures and the report; the files of the runs are written as they end. */
export function writeResults(asked: Arguments, outcomes: readonly Outcome[]): void {
  if (asked.out === null) return;
  const folder = makeFolder(asked.out);
  writeText(folder, 'figures.json', `${jsonOf(asked, outcomes)}\n`);
  writeText(folder, 'report.html', report(asked, outcomes));
}
