import { AdvanceRamp } from './advance-ramp';
import { ApplyRebalance } from './apply-rebalance';
import { ChangeLine } from './change-line';
import { CloseBudgetDay } from './close-budget-day';
import { Failovers } from './failovers';
import { FreezeFleet } from './freeze-fleet';
import { LineCards } from './line-cards';
import { LookAtLines } from './look-at-lines';
import { LookAtPools } from './look-at-pools';
import { PollLines } from './poll-lines';
import { ProposeRebalance } from './propose-rebalance';
import { RegisterLines } from './register-lines';
import { RescueStranded } from './rescue-stranded';
import { RunRebalance } from './run-rebalance';
import { RunFailovers } from './run-failovers';
import { ShareCards } from './share-cards';
import { StepLine } from './step-line';
import { Canary } from './canary';
import { Groups } from './hold-groups';
import { CheckLine } from './check-line';
import { ReplaceNumber } from './replace-number';
import { WatchLines } from './watch-lines';

export * from './advance-ramp';
export { ApplyRebalance } from './apply-rebalance';
export * from './change-line';
export * from './close-budget-day';
export * from './failovers';
export * from './freeze-fleet';
export * from './look-at-lines';
export * from './look-at-pools';
export * from './poll-lines';
export * from './propose-rebalance';
export { Groups } from './hold-groups';
export { RegisterLines } from './register-lines';
export * from './run-failovers';
export * from './share-cards';
export * from './watch-lines';
export { StepLine } from './step-line';
export type { StepReport } from './step-request';

export const LINES_USE_CASES = [
  LineCards,
  CheckLine,
  ReplaceNumber,
  RegisterLines,
  StepLine,
  ChangeLine,
  LookAtLines,
  LookAtPools,
  FreezeFleet,
  PollLines,
  AdvanceRamp,
  CloseBudgetDay,
  RescueStranded,
  RunFailovers,
  Failovers,
  Groups,
  ProposeRebalance,
  ApplyRebalance,
  RunRebalance,
  ShareCards,
  Canary,
  WatchLines,
];
