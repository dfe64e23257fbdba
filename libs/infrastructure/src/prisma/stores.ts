import type { DecisionNotes, Stores } from '@linekeeper/application';
import { type Ask, askUnprepared, type Db } from './database';
import { LineVersions } from './line-versions';
import type { Presence } from './presence';
import { PrismaAssignmentStore } from './stores/assignment-store';
import { PrismaCapabilityStore } from './stores/capability-store';
import { PrismaCardStore } from './stores/card-store';
import { PrismaConversationStore } from './stores/conversation-store';
import { PrismaEndpointStore } from './stores/endpoint-store';
import { PrismaEnvironmentStore } from './stores/environment-store';
import { PrismaEvidenceStore } from './stores/evidence-store';
import { PrismaFailoverStore } from './stores/failover-store';
import { PrismaGapStore } from './stores/gap-store';
import { PrismaGateStore } from './stores/gate-store';
import { PrismaGaugeStore } from './stores/gauge-store';
import { PrismaGroupStore } from './stores/group-store';
import { PrismaIdempotencyStore } from './stores/idempotency-store';
import { PrismaIdentityStore } from './stores/identity-store';
import { PrismaInboxStore } from './stores/inbox-store';
import { PrismaJobStore } from './stores/job-store';
import { PrismaKeyStore } from './stores/key-store';
import { PrismaLeaseStore } from './stores/lease-store';
import { PrismaLineStore } from './stores/line-store';
import { PrismaAuditStore, PrismaOutboxStore } from './stores/log-stores';
import { PrismaLossStore } from './stores/loss-store';
import { PrismaMergeStore } from './stores/merge-store';
import { PrismaMessageStore } from './stores/message-store';
import { PrismaOutcomeStore } from './stores/outcome-store';
import { PrismaPolicyStore } from './stores/policy-store';
import { PrismaPodStore } from './stores/pod-store';
import { PrismaPoolStore } from './stores/pool-store';
import { PrismaQuarantineStore } from './stores/quarantine-store';
import { PrismaRetentionStore } from './stores/retention-store';
import { PrismaSendStore } from './stores/send-store';
import { PrismaSubscriptionStore } from './stores/subscription-store';
import { PrismaUsageStore } from './stores/usage-store';
import { PrismaUserStore } from './stores/user-store';
import { PrismaWaitList } from './stores/wait-list';
import { PrismaWithheldStore } from './stores/withheld-store';

/** All stores on one client or transaction, and where its decisions are noted. `ask` is for the paths of every message. */
export function prismaStores(
  db: Db,
  decisions: DecisionNotes,
  presence: Presence,
  ask: Ask = askUnprepared(db),
  lines = new LineVersions(ask),
): Stores {
  return {
    environment: new PrismaEnvironmentStore(db),
    pools: new PrismaPoolStore(db),
    pods: new PrismaPodStore(db),
    lines: new PrismaLineStore(db, ask, lines),
    users: new PrismaUserStore(db, ask),
    merges: new PrismaMergeStore(db),
    capabilities: new PrismaCapabilityStore(db, ask),
    assignments: new PrismaAssignmentStore(db, ask),
    waitList: new PrismaWaitList(db),
    losses: new PrismaLossStore(db),
    conversations: new PrismaConversationStore(db, ask),
    messages: new PrismaMessageStore(db, ask),
    gate: new PrismaGateStore(ask),
    groups: new PrismaGroupStore(db, ask),
    sends: new PrismaSendStore(db, ask),
    cards: new PrismaCardStore(db, ask),
    identities: new PrismaIdentityStore(db),
    usage: new PrismaUsageStore(db, ask),
    inbox: new PrismaInboxStore(db, ask),
    gaps: new PrismaGapStore(db),
    outcomes: new PrismaOutcomeStore(db),
    quarantine: new PrismaQuarantineStore(db),
    outbox: new PrismaOutboxStore(db),
    endpoints: new PrismaEndpointStore(db),
    evidence: new PrismaEvidenceStore(db, ask),
    failovers: new PrismaFailoverStore(db),
    policies: new PrismaPolicyStore(db),
    audit: new PrismaAuditStore(db),
    decisions,
    gauges: new PrismaGaugeStore(db),
    keys: new PrismaKeyStore(db),
    leases: new PrismaLeaseStore(db, presence),
    jobs: new PrismaJobStore(db),
    retention: new PrismaRetentionStore(db),
    idempotency: new PrismaIdempotencyStore(db),
    subscriptions: new PrismaSubscriptionStore(db),
    withheld: new PrismaWithheldStore(db),
  };
}
