import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { Principal, Role } from '@linekeeper/application';
import type { FastifyRequest } from 'fastify';

/** A request after the guard: it says who asks. */
export interface AuthenticatedRequest extends FastifyRequest {
  principal?: Principal;
}

export const NEEDED_ROLE = 'linekeeper:needed-role';

/**
 * The role a route needs: `viewer` also lets operators and admins in, `operator` also admins, `app` also admins, and `admin` nobody else.
 */
export const Allow = (role: Role) => SetMetadata(NEEDED_ROLE, role);

export const FLEET_WIDE = 'linekeeper:fleet-wide';

/** A route about the whole fleet: a key that is held to pools is forbidden it, whatever its role. */
export const FleetWide = () => SetMetadata(FLEET_WIDE, true);

export const OPEN_ON_LOOPBACK = 'linekeeper:open-on-loopback';

/** A route that needs no key from the machine itself, and its declared role from elsewhere. */
export const OpenOnLoopback = () => SetMetadata(OPEN_ON_LOOPBACK, true);

/** A route that needs no key. */
export const Public = () => SetMetadata(NEEDED_ROLE, 'public');

/** The caller of a route that is not public. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const principal = context.switchToHttp().getRequest<AuthenticatedRequest>().principal;
  if (!principal) throw new Error('A public route has no caller');
  return principal;
});
