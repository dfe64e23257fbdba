import { DeadLetters } from './dead-letters';
import { DrainInbox } from './drain-inbox';
import { Intake } from './intake';
import { KeepSubscribed } from './keep-subscribed';
import { ReceiveWebhook } from './receive-webhook';
import { ReconcileLedger } from './reconcile-ledger';
import { WebhookHealth } from './webhook-health';

export * from './dead-letters';
export * from './drain-inbox';
export * from './keep-subscribed';
export * from './receive-webhook';
export * from './reconcile-ledger';
export * from './webhook-health';

export const INBOX_USE_CASES = [
  Intake,
  DrainInbox,
  WebhookHealth,
  ReceiveWebhook,
  DeadLetters,
  ReconcileLedger,
  KeepSubscribed,
];
