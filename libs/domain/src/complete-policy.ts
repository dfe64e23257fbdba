import { DEFAULT_FLEET_POLICY, type FleetPolicy } from './fleet-policy';

type Part = Readonly<Record<string, unknown>>;

const isPart = (value: unknown): value is Part =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The defaults, with every value that `given` has in their place, at any depth. */
function over(defaults: Part, given: Part): Part {
  const values = Object.entries(defaults).map(([key, value]) => {
    const own = Object.hasOwn(given, key) ? given[key] : undefined;
    if (own === undefined) return [key, value];
    return [key, isPart(value) && isPart(own) ? over(value, own) : own];
  });
  return Object.fromEntries(values) as Part;
}

/**
 * A stored policy as this version reads it. A document that was written before a threshold existed gets that
 * threshold's default; one that is no more is left out. Values themselves were checked when they were stored.
 */
export function completePolicy(stored: object): FleetPolicy {
  return over(DEFAULT_FLEET_POLICY as unknown as Part, stored as Part) as unknown as FleetPolicy;
}
