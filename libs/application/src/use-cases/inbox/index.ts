export const INBOX_USE_CASES = [] as const;
