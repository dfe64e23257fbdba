import type { FleetPolicy } from '@linekeeper/domain';
import type { MakeContender } from '../contenders/contender';
import { DetectionDrill } from '../detection/detection-drill';
import { type DetectionFigures, detectionFigures } from '../figures/detection-figures';
import { type FailoverFigures, failoverFigures } from '../figures/failover-figures';
import { type Figures, figuresOf } from '../figures/figures';
import { type RampFigures, rampFigures } from '../figures/ramp-figures';
import { type LinePlan, matureLines } from '../fleet/line-state';
import { secondsOf } from '../kernel/calendar';
import { makePeople } from '../run/people';
import { type OnProgress, Run, type Setup } from '../run/run';
import type { Traffic } from '../traffic/traffic';
import { BadWeek, type BadWeekFigures } from './bad-week';
import { FlagDrill } from './flag-drill';
import { withViralDay, writeFirstEachDay } from './viral-day';

export const SCENARIOS = ['S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'S7'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

/** What a scenario is made from. */
export interface ScenarioInput {
  readonly traffic: Traffic;
  readonly lines: number;
  readonly budget: number;
  readonly policy: FleetPolicy;
  readonly seed: number;
  /** Share of people who saved the card that reached them. */
  readonly savedShare: number;
}

export function setupOf(name: ScenarioName, input: ScenarioInput): Setup {
  const { budget, policy, seed } = input;
  const traffic = name === 'S6' ? withViralDay(input.traffic, seed) : input.traffic;
  const people = makePeople(traffic.users, input.savedShare, seed);
  return { traffic, budget, policy, seed, people, lines: linesOf(name, input.lines) };
}

const LATE_LINES = 4;
const LATE_DAY = 30;

/** S3: half of the lines are new on day 0, and four more arrive on day 30. */
function linesOf(name: ScenarioName, count: number): LinePlan[] {
  if (name !== 'S3') return matureLines(count);
  const fresh = Math.floor(count / 2);
  return [
    ...matureLines(count - fresh),
    ...Array.from({ length: fresh }, () => ({ isNew: true, arrivesOnDay: 0 })),
    ...Array.from({ length: LATE_LINES }, () => ({ isNew: true, arrivesOnDay: LATE_DAY })),
  ];
}

/** One contender's run of a scenario, and what it comes to. */
export interface Played {
  readonly run: Run;
  readonly figures: Figures;
  readonly ramp?: RampFigures;
  readonly failover?: FailoverFigures;
  readonly badWeek?: BadWeekFigures;
  readonly detection?: DetectionFigures;
  /** The drill of S4 and S5, for plots. */
  readonly drill?: FlagDrill;
}

export function playScenario(
  name: ScenarioName,
  setup: Setup,
  make: MakeContender,
  onProgress?: OnProgress,
): Played {
  const run = new Run(setup, make);
  if (name === 'S4' || name === 'S5') {
    const drill = new FlagDrill(run, name === 'S4' ? 1 : 2);
    run.play(onProgress);
    return { run, drill, figures: figuresOf(run), failover: failoverFigures(run, drill) };
  }
  if (name === 'S7') {
    const week = new BadWeek(run);
    const detection = new DetectionDrill(run, (line, at, chance) =>
      week.losesReply(line, secondsOf(at), chance),
    );
    run.play(onProgress);
    return {
      ...{ run, figures: figuresOf(run), badWeek: week.figures() },
      detection: detectionFigures(run, detection, (line, at) =>
        week.isTroubled(line, secondsOf(at)),
      ),
    };
  }
  if (name === 'S6') writeFirstEachDay(run);
  run.play(onProgress);
  const figures = figuresOf(run);
  return name === 'S3' ? { run, figures, ramp: rampFigures(run) } : { run, figures };
}
