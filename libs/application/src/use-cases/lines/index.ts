export const LINES_USE_CASES = [] as const;
