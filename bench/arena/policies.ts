import {
  balanceClairvoyantly,
  type Capacity,
  evenCapacity,
  faqDivision,
  fewestUsers,
  figuresOf,
  hash,
  hindsightThreshold,
  leastRecentlyUsed,
  linekeeper,
  linekeeperInTurn,
  linekeeperRebalancing,
  linekeeperUnguarded,
  type MakeContender,
  packClairvoyantly,
  packForetold,
  planned,
  powerOfTwo,
  roundRobin,
  Run,
  type ScenarioName,
  type Setup,
  threshold,
  tunedThreshold,
  userDaysOf,
  withoutFailover,
} from '@linekeeper/simulation';

const ONLINE = {
  linekeeper,
  'linekeeper-rebalancing': linekeeperRebalancing,
  'linekeeper-in-turn': linekeeperInTurn,
  'linekeeper-unguarded': linekeeperUnguarded,
  'no-failover': withoutFailover,
  'round-robin': roundRobin,
  'fewest-users': fewestUsers,
  hash,
  'power-of-two': powerOfTwo,
  'least-recently-used': leastRecentlyUsed,
  'faq-division': faqDivision,
} as const satisfies Record<string, MakeContender>;

/** Those that look at the traffic before it comes. */
const OFFLINE = ['hindsight', 'foretold', 'clairvoyant', 'clairvoyant-at-arrival'] as const;

/** Ours done otherwise, to see what the scores are worth and what the spike guard costs: of S1 alone. */
const QUESTIONS_OF_BALANCE: readonly PolicyName[] = ['linekeeper-in-turn', 'linekeeper-unguarded'];

type OnlineName = keyof typeof ONLINE;
type OfflineName = (typeof OFFLINE)[number];
export type PolicyName = OnlineName | OfflineName;
export const POLICIES: readonly PolicyName[] = [
  ...(Object.keys(ONLINE) as OnlineName[]),
  ...OFFLINE,
];

const isOffline = (name: PolicyName): name is OfflineName =>
  (OFFLINE as readonly string[]).includes(name);

/** Those that have something to say about a scenario. */
export function policiesOf(scenario: ScenarioName): PolicyName[] {
  const flags = scenario === 'S4' || scenario === 'S5';
  const unfit: readonly PolicyName[] = flags
    ? [...OFFLINE, 'linekeeper-rebalancing']
    : ['no-failover', ...(scenario === 'S1' ? (['foretold'] as const) : [])];
  const questions = scenario === 'S1' ? [] : QUESTIONS_OF_BALANCE;
  return POLICIES.filter((name) => !unfit.includes(name) && !questions.includes(name));
}

export function contenderOf(name: PolicyName, setup: Setup, scenario: ScenarioName): MakeContender {
  if (!isOffline(name)) return ONLINE[name];
  const { lines, budget } = setup;
  const users = userDaysOf(setup.traffic, setup.policy.budget.dayStartHour);
  if (name === 'hindsight') {
    const best =
      scenario === 'S3'
        ? tunedThreshold(users.users, (tried) => overrunOf(setup, tried))
        : hindsightThreshold(users, lines.length, budget);
    return threshold(name, best);
  }
  if (name === 'foretold') {
    return planned(name, packForetold(users, capacityOf(setup, scenario)));
  }
  if (scenario === 'S1') return planned(name, balanceClairvoyantly(users, lines.length));
  const late = name === 'clairvoyant';
  return planned(name, packClairvoyantly(users, capacityOf(setup, scenario), budget, { late }));
}

function overrunOf(setup: Setup, usersPerLine: number): number {
  return figuresOf(new Run(setup, threshold('tried', usersPerLine)).play()).overrunLineDayShare;
}

/** In S3 the clairvoyant has the caps that the linekeeper's lines came to: the same caps, other choices. */
function capacityOf(setup: Setup, scenario: ScenarioName): Capacity {
  const days = setup.traffic.days + 2;
  if (scenario !== 'S3') return evenCapacity(setup.lines.length, days, setup.budget);
  const { usage } = new Run(setup, linekeeper).play().fleet;
  return { lines: usage.lines, days, of: Float64Array.from(usage.cap) };
}
