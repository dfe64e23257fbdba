import type { FailoverRecord, Stores } from '../../ports';
import type { Decision } from '../shared';

/**
 * A failover goes on under the policy that it began under: a change of the policy meanwhile is for those that begin after
 * it. What keeps everybody safe, as the red button and panic, is looked at by the policy of now all the same.
 */
export async function underItsPolicy(
  stores: Stores,
  failover: FailoverRecord,
  decision: Decision,
): Promise<Decision> {
  if (failover.policyVersion === decision.policyVersion) return decision;
  const policy = await stores.policies.byVersion(failover.policyVersion);
  return policy ? { ...decision, policy, policyVersion: failover.policyVersion } : decision;
}
