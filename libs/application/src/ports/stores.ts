import type {
  AuditStore,
  EnvironmentStore,
  IdempotencyStore,
  JobStore,
  KeyStore,
  LeaseStore,
  OutboxStore,
  PolicyStore,
  SubscriptionStore,
} from './admin-store';
import type { AssignmentStore } from './assignment-store';
import type { CapabilityStore } from './capability-store';
import type { IdentityStore } from './card-photos';
import type { CardStore, PoolStore } from './card-store';
import type { ConversationStore } from './conversation-store';
import type { DecisionNotes } from './decision-log';
import type { EndpointStore } from './endpoint-store';
import type { EvidenceStore } from './evidence-store';
import type { FailoverStore } from './failover-store';
import type { GapStore } from './gap-store';
import type { GateStore } from './gate-store';
import type { GaugeStore } from './gauge-store';
import type { GroupStore } from './group-store';
import type { InboxStore } from './inbox-store';
import type { OutcomeStore } from './outcome-store';
import type { PodStore } from './pod-store';
import type { QuarantineStore } from './quarantine-store';
import type { LineStore } from './line-store';
import type { MergeStore } from './merge-store';
import type { MessageStore } from './message-store';
import type { RetentionStore } from './retention-store';
import type { SendStore } from './send-store';
import type { UsageStore } from './usage-store';
import type { UserStore } from './user-store';
import type { LossStore } from './loss-store';
import type { WaitList } from './wait-list';
import type { WithheldStore } from './withheld-store';

/** All stores, bound to one transaction or to none. */
export interface Stores {
  readonly environment: EnvironmentStore;
  readonly pools: PoolStore;
  readonly pods: PodStore;
  readonly lines: LineStore;
  readonly users: UserStore;
  readonly merges: MergeStore;
  readonly capabilities: CapabilityStore;
  readonly assignments: AssignmentStore;
  readonly waitList: WaitList;
  readonly losses: LossStore;
  readonly conversations: ConversationStore;
  readonly messages: MessageStore;
  readonly gate: GateStore;
  readonly groups: GroupStore;
  readonly sends: SendStore;
  readonly cards: CardStore;
  readonly identities: IdentityStore;
  readonly usage: UsageStore;
  readonly inbox: InboxStore;
  readonly gaps: GapStore;
  readonly outcomes: OutcomeStore;
  readonly quarantine: QuarantineStore;
  readonly outbox: OutboxStore;
  readonly endpoints: EndpointStore;
  readonly evidence: EvidenceStore;
  readonly failovers: FailoverStore;
  readonly policies: PolicyStore;
  readonly audit: AuditStore;
  readonly decisions: DecisionNotes;
  readonly gauges: GaugeStore;
  readonly keys: KeyStore;
  readonly leases: LeaseStore;
  readonly jobs: JobStore;
  readonly retention: RetentionStore;
  readonly idempotency: IdempotencyStore;
  readonly subscriptions: SubscriptionStore;
  readonly withheld: WithheldStore;
}
