import { Actuators } from './actuators';
import { Authenticate } from './authenticate';
import { ChangePolicy } from './change-policy';
import { Doorkeeper } from './doorkeeper';
import { ExposeMetrics } from './expose-metrics';
import { ManageKeys } from './keys';
import { LookAtPolicy } from './look-at-policy';
import { PageSignIn } from './page-sign-in';
import { PrepareEnvironment } from './prepare-environment';
import { CheckReadiness } from './check-readiness';
import { SumUpActuators } from './sum-up-actuators';
import { ReadAudit, ReadEvents } from './read-audit';

export * from './actuators';
export * from './authenticate';
export * from './change-policy';
export * from './expose-metrics';
export * from './keys';
export * from './look-at-policy';
export * from './page-sign-in';
export * from './prepare-environment';
export * from './check-readiness';
export * from './read-audit';
export * from './sum-up-actuators';
export type * from './principal';

export const ACCESS_USE_CASES = [
  Doorkeeper,
  Authenticate,
  ManageKeys,
  PageSignIn,
  ChangePolicy,
  LookAtPolicy,
  Actuators,
  PrepareEnvironment,
  CheckReadiness,
  ExposeMetrics,
  ReadAudit,
  ReadEvents,
  SumUpActuators,
];
