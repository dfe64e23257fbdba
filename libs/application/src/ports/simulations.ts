import type { EpochMs, FleetPolicy } from '@linekeeper/domain';

/** The scenarios of the arena that can be asked for; docs/arena.md says what happens in each. */
export const SIMULATION_SCENARIOS = ['S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'S7'] as const;
export type SimulationScenario = (typeof SIMULATION_SCENARIOS)[number];

/** Who may run the fleet in a simulation: the service's own decisions, and those that it is measured against. */
export const SIMULATION_POLICIES = [
  'linekeeper',
  'linekeeper-rebalancing',
  'no-failover',
  'round-robin',
  'fewest-users',
  'hash',
  'power-of-two',
  'least-recently-used',
  'faq-division',
] as const;
export type SimulationPolicy = (typeof SIMULATION_POLICIES)[number];

/** A fleet, a population like the one that is forecast, and what is to happen. Plain data: it goes to another thread. */
export interface SimulationQuestion {
  readonly scenario: SimulationScenario;
  /** Each runs the same fleet and the same people. */
  readonly policies: readonly SimulationPolicy[];
  readonly days: number;
  readonly seed: number;
  /** Share of people who save the card that reaches them. */
  readonly savedShare: number;
  /** Users on the first day, and by what share they grow each day. */
  readonly users: number;
  readonly growthPerDay: number;
  /** Messages of a user and day in the mean, in and out, and the spread of the users' means (coefficient of variation). */
  readonly messagesPerDay: number;
  readonly cv: number;
  /** Good days of each line. */
  readonly lines: readonly number[];
  readonly policy: FleetPolicy;
}

/** What one policy came to: figures by their names; null is never. */
export interface SimulationRow {
  readonly policy: SimulationPolicy;
  readonly figures: Readonly<Record<string, number | null>>;
}

export type SimulationProgress =
  /** `share` from 0 to 1. */
  | { readonly state: 'running'; readonly share: number }
  | { readonly state: 'completed'; readonly rows: readonly SimulationRow[] }
  | { readonly state: 'failed'; readonly why: 'timed-out' | 'stopped' | 'error' };

/** A simulation that was begun. */
export interface SimulationRecord {
  readonly id: string;
  readonly poolId: string;
  readonly question: SimulationQuestion;
  readonly policyVersion: number;
  readonly startedAt: EpochMs;
}

/**
 * Runs simulations beside the service, one at a time and each for a bounded time, and keeps what the newest ones came
 * to. What is kept is of this process and ends with it.
 */
export abstract class Simulations {
  /** Begins one; false, and nothing begun, while another one runs. Does not wait for its end. */
  abstract begin(simulation: SimulationRecord): boolean;
  /** How far it is; null when it was never begun here or is no longer kept. */
  abstract byId(id: string): (SimulationRecord & { readonly progress: SimulationProgress }) | null;
}
