import { DeadLetters } from './dead-letters';
import { DrainInbox } from './drain-inbox';
import { Intake } from './intake';
import { KeepSubscribed } from './keep-subscribed';
import { ReceiveWebhook } from './receive-webhook';
import { ReconcileLedger } from './reconcile-ledger';

export * from './dead-letters';
export * from './drain-inbox';
export * from './keep-subscribed';
export * from './receive-webhook';
export * from './reconcile-ledger';

export const INBOX_USE_CASES = [
  Intake,
  DrainInbox,
  ReceiveWebhook,
  DeadLetters,
  ReconcileLedger,
  KeepSubscribed,
];
