import type { SimulationPolicy, SimulationQuestion, SimulationRow } from '@linekeeper/application';
import {
  faqDivision,
  fewestUsers,
  hash,
  leastRecentlyUsed,
  linekeeper,
  linekeeperRebalancing,
  type MakeContender,
  makeLivePopulation,
  type Played,
  playScenario,
  powerOfTwo,
  roundRobin,
  type Setup,
  setupOf,
  withoutFailover,
} from '@linekeeper/simulation';

const CONTENDERS: Readonly<Record<SimulationPolicy, MakeContender>> = {
  linekeeper,
  'linekeeper-rebalancing': linekeeperRebalancing,
  'no-failover': withoutFailover,
  'round-robin': roundRobin,
  'fewest-users': fewestUsers,
  hash,
  'power-of-two': powerOfTwo,
  'least-recently-used': leastRecentlyUsed,
  'faq-division': faqDivision,
};

/** Plays what is asked, policy by policy, and tells how far it is: a share from 0 to 1. Takes as long as it takes. */
export function answerQuestion(
  question: SimulationQuestion,
  onProgress: (share: number) => void,
): SimulationRow[] {
  const { scenario, policies } = question;
  const setup = setupFor(question);
  return policies.map((policy, i) => {
    const tell = (share: number): void => onProgress((i + share) / policies.length);
    tell(0);
    const played = playScenario(scenario, setup, CONTENDERS[policy], tell);
    return { policy, figures: figuresOf(played) };
  });
}

function setupFor(question: SimulationQuestion): Setup {
  const { scenario, policy, seed, savedShare, lines } = question;
  const traffic = makeLivePopulation(question, seed);
  const budget = policy.budget.messagesPerLinePerDay;
  const input = { traffic, lines: lines.length, budget, policy, seed, savedShare };
  const setup = setupOf(scenario, input);
  // In S3 it is the scenario that says which lines are new.
  if (scenario === 'S3') return setup;
  return {
    ...setup,
    lines: lines.map((goodDays) => ({ isNew: false, arrivesOnDay: 0, goodDays })),
  };
}

/** JSON knows no infinity: what never happens is null. */
function figuresOf({ figures, ramp, failover, badWeek }: Played): SimulationRow['figures'] {
  const all: Readonly<Record<string, number>> = { ...figures, ...ramp, ...failover, ...badWeek };
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, Number.isFinite(value) ? value : null]),
  );
}
