import {
  balanceClairvoyantly,
  evenCapacity,
  faqDivision,
  fewestUsers,
  hash,
  hindsightThreshold,
  leastRecentlyUsed,
  linekeeper,
  linekeeperRebalancing,
  type MakeContender,
  packClairvoyantly,
  planned,
  powerOfTwo,
  roundRobin,
  type ScenarioName,
  type Setup,
  threshold,
  userDaysOf,
} from '@linekeeper/simulation';

const ONLINE = {
  linekeeper,
  'linekeeper-rebalancing': linekeeperRebalancing,
  'round-robin': roundRobin,
  'fewest-users': fewestUsers,
  hash,
  'power-of-two': powerOfTwo,
  'least-recently-used': leastRecentlyUsed,
  'faq-division': faqDivision,
} as const satisfies Record<string, MakeContender>;

/** Those that look at the traffic before it comes. */
const OFFLINE = {
  hindsight: ({ traffic, lines, budget, policy }: Setup): MakeContender => {
    const users = userDaysOf(traffic, policy.budget.dayStartHour);
    return threshold('hindsight', hindsightThreshold(users, lines.length, budget));
  },
  clairvoyant: ({ traffic, lines, budget, policy }: Setup, scenario: ScenarioName) => {
    const users = userDaysOf(traffic, policy.budget.dayStartHour);
    const plan =
      scenario === 'S1'
        ? balanceClairvoyantly(users, lines.length)
        : packClairvoyantly(users, evenCapacity(lines.length, users.days, budget), budget);
    return planned('clairvoyant', plan);
  },
  'clairvoyant-at-arrival': ({ traffic, lines, budget, policy }: Setup) => {
    const users = userDaysOf(traffic, policy.budget.dayStartHour);
    const capacity = evenCapacity(lines.length, users.days, budget);
    return planned(
      'clairvoyant-at-arrival',
      packClairvoyantly(users, capacity, budget, { late: false }),
    );
  },
} as const;

export type PolicyName = keyof typeof ONLINE | keyof typeof OFFLINE;
export const POLICIES = [...Object.keys(ONLINE), ...Object.keys(OFFLINE)] as PolicyName[];

export function contenderOf(name: PolicyName, setup: Setup, scenario: ScenarioName): MakeContender {
  return name in OFFLINE
    ? OFFLINE[name as keyof typeof OFFLINE](setup, scenario)
    : ONLINE[name as keyof typeof ONLINE];
}
