export const SENDS_USE_CASES = [] as const;
