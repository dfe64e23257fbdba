import { PlanCapacity } from './plan-capacity';
import { Simulate } from './simulate';

export * from './plan-capacity';
export * from './simulate';

export const CAPACITY_USE_CASES = [PlanCapacity, Simulate];
