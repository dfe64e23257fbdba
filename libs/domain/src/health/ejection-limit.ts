import type { FleetPolicy } from '../fleet-policy';

/**
 * Whether inference may take one more line out of a pool: at most a share of its lines at a time, but always one.
 * The provider's flag asks nobody.
 */
export function mayEjectByInference(
  { ejectedByInference, lines }: { readonly ejectedByInference: number; readonly lines: number },
  { health }: FleetPolicy,
): boolean {
  return ejectedByInference < Math.max(1, Math.floor(health.maxInferredEjectionShare * lines));
}
