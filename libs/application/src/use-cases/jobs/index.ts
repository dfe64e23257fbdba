export const JOBS_USE_CASES = [] as const;
