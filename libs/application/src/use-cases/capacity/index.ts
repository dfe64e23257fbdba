import { AssessLosses } from './assess-losses';
import { LookAtLosses } from './look-at-losses';
import { PlanCapacity } from './plan-capacity';
import { Simulate } from './simulate';

export * from './look-at-losses';
export * from './plan-capacity';
export * from './simulate';

export const CAPACITY_USE_CASES = [AssessLosses, LookAtLosses, PlanCapacity, Simulate];
