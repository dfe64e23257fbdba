import { DeadLetters } from './dead-letters';
import { DrainInbox } from './drain-inbox';
import { Intake } from './intake';
import { KeepSubscribed } from './keep-subscribed';
import { ReceiveWebhook } from './receive-webhook';
import { Quarantine } from './quarantine';
import { ReconcileLedger } from './reconcile-ledger';
import { RotateWebhookSecret } from './rotate-webhook-secret';
import { TakeIn } from './take-in';
import { WebhookSecrets } from './webhook-secrets';
import { WebhookHealth } from './webhook-health';

export * from './dead-letters';
export * from './drain-inbox';
export * from './keep-subscribed';
export * from './receive-webhook';
export { Quarantine } from './quarantine';
export * from './reconcile-ledger';
export * from './rotate-webhook-secret';
export * from './webhook-health';

export const INBOX_USE_CASES = [
  Intake,
  DrainInbox,
  WebhookHealth,
  ReceiveWebhook,
  DeadLetters,
  ReconcileLedger,
  KeepSubscribed,
  TakeIn,
  WebhookSecrets,
  Quarantine,
  RotateWebhookSecret,
];
