import type { FleetPolicy } from '@linekeeper/domain';
import { type LinePlan, matureLines } from '../fleet/line-state';
import { makePeople } from '../run/people';
import type { Setup } from '../run/run';
import type { Traffic } from '../traffic/traffic';

export const SCENARIOS = ['S1', 'S2', 'S3'] as const;
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
  const { traffic, budget, policy, seed } = input;
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
