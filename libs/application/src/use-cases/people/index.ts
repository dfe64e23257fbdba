export const PEOPLE_USE_CASES = [] as const;
