/** What is looked at before a line goes into service. */
export const READINESS_CHECKS = [
  'contact-card',
  'webhook',
  'capability',
  'forwarding',
  'auto-typing',
] as const;
export type ReadinessCheck = (typeof READINESS_CHECKS)[number];
