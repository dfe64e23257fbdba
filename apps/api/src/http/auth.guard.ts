import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Authenticate, Refusal, type Role } from '@linekeeper/application';
import { addressOf } from './address';
import { isFromThisMachine } from './loopback';
import { type AuthenticatedRequest, FLEET_WIDE, NEEDED_ROLE, OPEN_ON_LOOPBACK } from './principal';
import { sessionTokenOf } from './session-cookie';

/** Which roles satisfy a needed one. A route without a declared role is closed to everybody. */
const SATISFIED_BY: Readonly<Record<Role, readonly Role[]>> = {
  viewer: ['viewer', 'operator', 'admin'],
  operator: ['operator', 'admin'],
  app: ['app', 'admin'],
  admin: ['admin'],
};

/** Lets a request in by its bearer key or by the page's session cookie. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticate: Authenticate,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const needed = this.reflector.getAllAndOverride<Role | 'public' | undefined>(NEEDED_ROLE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (needed === 'public') return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const isOpen = this.reflector.get<boolean | undefined>(OPEN_ON_LOOPBACK, context.getHandler());
    if (isOpen && isFromThisMachine(request)) return true;
    const principal = await this.principalOf(request);
    if (needed === undefined || !SATISFIED_BY[needed].includes(principal.role)) {
      throw new Refusal('auth.forbidden', `This needs the role ${needed ?? 'admin'}`, {
        role: principal.role,
      });
    }
    if (principal.poolIds.length > 0 && this.isFleetWide(context)) {
      throw new Refusal(
        'auth.forbidden',
        'This concerns the whole fleet, and the key is for pools',
      );
    }
    request.principal = principal;
    return true;
  }

  private isFleetWide(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    return this.reflector.getAllAndOverride<boolean | undefined>(FLEET_WIDE, targets) ?? false;
  }

  private async principalOf(request: AuthenticatedRequest) {
    const header = request.headers.authorization;
    if (header !== undefined) {
      const key = /^Bearer ([\x21-\x7e]{1,256})$/i.exec(header)?.[1];
      if (key === undefined) throw new Refusal('auth.invalid', 'Expected "Bearer <key>"');
      return this.authenticate.byKey(key, addressOf(request));
    }
    const token = sessionTokenOf(request.headers.cookie);
    if (token !== null) {
      // A cookie goes along with requests that other pages cause; only our own page may change things with it.
      if (!isSafe(request)) {
        throw new Refusal('auth.invalid', 'The page session cannot be used from another site');
      }
      return this.authenticate.bySession(token, addressOf(request));
    }
    throw new Refusal('auth.missing', 'Send the header "Authorization: Bearer <key>"');
  }
}

function isSafe(request: AuthenticatedRequest): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return true;
  return isOurPage(request);
}

/** Whether a browser says that our own page asks. */
export function isOurPage({ headers }: Pick<AuthenticatedRequest, 'headers'>): boolean {
  return headers['sec-fetch-site'] === 'same-origin';
}
