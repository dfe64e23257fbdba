import { DEFAULT_FLEET_POLICY, type FleetPolicy } from '../fleet-policy';
import { withRampPreset } from '../ramp/presets';

interface Preset {
  readonly about: string;
  readonly apply: (policy: FleetPolicy) => FleetPolicy;
}

const withBudget =
  (messagesPerLinePerDay: number) =>
  (policy: FleetPolicy): FleetPolicy => ({
    ...policy,
    budget: { ...policy.budget, messagesPerLinePerDay },
  });

/** Named changes of a policy: each sets what its name says and leaves the rest as it is. */
export const POLICY_PRESETS = {
  defaults: {
    about: 'Everything as it came',
    apply: () => DEFAULT_FLEET_POLICY,
  },
  'linq-v2': {
    about: "3,000 messages a line and day, as the FAQ of Linq's V2 recommends; for lines to come",
    apply: withBudget(3_000),
  },
  'linq-v3': {
    about: '7,000 messages a line and day, as Linq V3 says; for lines to come',
    apply: withBudget(7_000),
  },
  'ramp-careful': {
    about: 'Caps grow by 15 % each good day: 22 of them from 150 to 3,000',
    apply: (policy) => withRampPreset(policy, 'careful'),
  },
  'ramp-standard': {
    about: 'Caps grow by 25 % each good day: 14 of them from 150 to 3,000',
    apply: (policy) => withRampPreset(policy, 'standard'),
  },
  'ramp-fast': {
    about: 'Caps grow by 40 % each good day: 9 of them from 150 to 3,000',
    apply: (policy) => withRampPreset(policy, 'fast'),
  },
} as const satisfies Readonly<Record<string, Preset>>;

export type PolicyPreset = keyof typeof POLICY_PRESETS;
export const POLICY_PRESET_NAMES = Object.keys(POLICY_PRESETS) as [PolicyPreset, ...PolicyPreset[]];
