import { ForgetOld } from './forget-old';
import { RunDueWork } from './run-due-work';
import { RunJob } from './run-job';

export { JOB_EVERY_SECONDS, JOB_NAMES } from './registry';
export * from './run-due-work';
export * from './run-job';

export const JOBS_USE_CASES = [RunJob, RunDueWork, ForgetOld];
