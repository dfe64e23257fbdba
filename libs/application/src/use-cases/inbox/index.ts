import { AskOutcomes } from './ask-outcomes';
import { DeadLetters } from './dead-letters';
import { DrainInbox } from './drain-inbox';
import { GroupCommit } from './group-commit';
import { Intake } from './intake';
import { KeepSubscribed } from './keep-subscribed';
import { ReceiveWebhook } from './receive-webhook';
import { Quarantine } from './quarantine';
import { ReadBackChat } from './read-back-chat';
import { ReadBackLine } from './read-back-line';
import { ReconcileLedger } from './reconcile-ledger';
import { RepairGaps } from './repair-gaps';
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
  GroupCommit,
  DrainInbox,
  WebhookHealth,
  ReceiveWebhook,
  DeadLetters,
  ReconcileLedger,
  KeepSubscribed,
  TakeIn,
  WebhookSecrets,
  Quarantine,
  ReadBackChat,
  ReadBackLine,
  RepairGaps,
  AskOutcomes,
  RotateWebhookSecret,
];
