import {
  crossedThresholds,
  type FleetPolicy,
  POLICY_PRESETS,
  type PolicyPreset,
} from '@linekeeper/domain';
import { fleetPolicySchema } from '../../fleet-policy.schema';
import { Refusal } from '../../refusal';

/** A policy that somebody wants: the whole document, or what a preset makes of the one in force. */
export type PolicyWish = { readonly policy: unknown } | { readonly preset: PolicyPreset };

export function wishedPolicy(wish: PolicyWish, inForce: FleetPolicy): FleetPolicy {
  return checkedPolicy('preset' in wish ? POLICY_PRESETS[wish.preset].apply(inForce) : wish.policy);
}

/** Refuses unknown keys and values out of range (`policy.invalid`) and contradictions (`policy.crossed`), naming them. */
export function checkedPolicy(document: unknown): FleetPolicy {
  const parsed = fleetPolicySchema.safeParse(document);
  if (!parsed.success) {
    const errors = parsed.error.issues.map((issue) => ({
      path: issue.path.join('.'),
      message: issue.message,
    }));
    const first = errors[0];
    const detail = first ? `${first.path || 'policy'}: ${first.message}` : '';
    throw new Refusal('policy.invalid', detail, { errors });
  }
  const crossed = crossedThresholds(parsed.data);
  const first = crossed[0];
  if (first) throw new Refusal('policy.crossed', first.rule, { crossed });
  return parsed.data;
}
