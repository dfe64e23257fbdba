import { DEFAULT_FLEET_POLICY } from '@linekeeper/domain';
import type { Role } from '@linekeeper/application';
import { personNumber } from './fleet';
import { type PoolWithAll, TWO_POOL_NUMBERS } from './two-pools';

/** What a route may be asked for by a key that is held to a pool. */
type Reach =
  /** It names a thing of a pool: of another pool it is not found. */
  | 'thing'
  /** It lists, and leaves out what is of other pools. */
  | 'list'
  /** It concerns everybody: forbidden. */
  | 'fleet'
  /** The rules under which every pool is run, which hold nothing of a pool: allowed. */
  | 'rules';

export interface GuardedRoute {
  readonly needs: Role;
  readonly reach: Reach;
  /** What the route's address becomes, filled in for a pool; default: the route as it is. */
  readonly path?: (pool: PoolWithAll) => string;
  readonly body?: (pool: PoolWithAll) => unknown;
  /** What a caller may get who is allowed in. */
  readonly ok: readonly number[];
}

/** Open to everybody, and why. */
export const PUBLIC_ROUTES: Readonly<Record<string, string>> = {
  'GET /': 'the page: static files without data',
  'GET /index.html': 'the page',
  'GET /page.js': 'the page',
  'GET /style.css': 'the page',
  'GET /icon.svg': 'the page',
  'GET /sign-in': 'takes a one-time link',
  'POST /sign-out': 'ends the session of the cookie that comes along, and nothing else',
  'GET /docs': 'on loopback only',
  'GET /docs/': 'on loopback only',
  'GET /docs/*': 'on loopback only',
  'GET /docs/LICENSE': 'on loopback only',
  'GET /docs/index.html': 'on loopback only',
  'GET /docs/swagger-ui-init.js': 'on loopback only',
  'GET /docs/docs/swagger-ui-init.js': 'on loopback only',
  'GET /openapi.json': 'on loopback only',
  'GET /openapi.yaml': 'on loopback only',
  'GET /cards/:file': 'the link is signed',
  'GET /card-photos/:file': 'nobody guesses the name of a content, and cards show it',
  'POST /webhooks/linq/v3': 'deliveries are signed',
  'POST /webhooks/linq/v2': 'deliveries are signed',
  'GET /health/live': 'for whoever keeps the process running',
  'GET /health/ready': 'for whoever keeps the process running',
};

const reason = 'for the test';
const nobody = '00000000-0000-7000-8000-0000000000ff';
const user = (rest = '') => ({
  path: (pool: PoolWithAll) => `/v1/users/${pool.userId}${rest}?pool=${pool.slug}`,
});
const plainUser = (rest = '') => ({
  path: (pool: PoolWithAll) => `/v1/users/${pool.userId}${rest}`,
});
const line = (rest = '') => ({
  path: (pool: PoolWithAll) => `/v1/admin/lines/${pool.lineId}${rest}`,
});
const failover = (rest = '') => ({
  path: (pool: PoolWithAll) => `/v1/admin/failovers/${pool.failoverId}${rest}`,
});
const endpoint = (rest = '') => ({
  path: () => `/v1/admin/webhook-endpoints/${nobody}${rest}`,
});
const send = (rest: string) => ({ path: (pool: PoolWithAll) => `/v1/sends/${pool.sendId}${rest}` });

/** Every route that needs a key. A new route must be entered here before the tests pass again. */
export const GUARDED_ROUTES: Readonly<Record<string, GuardedRoute>> = {
  'POST /v1/users': {
    needs: 'app',
    reach: 'thing',
    body: ({ slug }) => ({ handle: personNumber(3), startedBy: 'inbound', pool: slug }),
    ok: [200, 201],
  },
  'GET /v1/users': { needs: 'app', reach: 'list', ok: [200] },
  'GET /v1/users/:id': { needs: 'app', reach: 'thing', ...plainUser(), ok: [200] },
  'POST /v1/users/:id/opt-out': {
    needs: 'app',
    reach: 'thing',
    ...plainUser('/opt-out'),
    ok: [200],
  },
  'POST /v1/users/:id/opt-in': { needs: 'app', reach: 'thing', ...plainUser('/opt-in'), ok: [200] },
  'POST /v1/users/:id/capability-check': {
    needs: 'app',
    reach: 'thing',
    ...plainUser('/capability-check'),
    ok: [202],
  },
  'POST /v1/users/:id/merge': {
    needs: 'app',
    reach: 'thing',
    ...plainUser('/merge'),
    // With a handle that nobody has: it would be added.
    body: () => ({ handle: personNumber(90), reason, dryRun: true }),
    ok: [200],
  },
  'GET /v1/users/:id/assignment': {
    needs: 'app',
    reach: 'thing',
    ...user('/assignment'),
    ok: [200],
  },
  'GET /v1/users/:id/assignment/explain': {
    needs: 'app',
    reach: 'thing',
    ...user('/assignment/explain'),
    ok: [200],
  },
  'POST /v1/users/:id/assignment/confirm': {
    needs: 'app',
    reach: 'thing',
    ...user('/assignment/confirm'),
    ok: [200],
  },
  'POST /v1/users/:id/assignment/reassign': {
    needs: 'operator',
    reach: 'thing',
    ...user('/assignment/reassign'),
    // To the line where they are: nobody moves.
    body: ({ lineId }) => ({ reason, lineId }),
    ok: [409],
  },
  'POST /v1/users/:id/assignment/pin': {
    needs: 'app',
    reach: 'thing',
    ...user('/assignment/pin'),
    ok: [200],
  },
  'POST /v1/users/:id/assignment/unpin': {
    needs: 'app',
    reach: 'thing',
    ...user('/assignment/unpin'),
    ok: [200],
  },
  'GET /v1/users/:id/contact-card.vcf': {
    needs: 'app',
    reach: 'thing',
    ...user('/contact-card.vcf'),
    ok: [200],
  },
  'POST /v1/users/:id/contact-card/sent': {
    needs: 'app',
    reach: 'thing',
    ...user('/contact-card/sent'),
    body: ({ cardVersion }) => ({ version: cardVersion, channel: 'link' }),
    ok: [200],
  },
  'POST /v1/sends': {
    needs: 'app',
    reach: 'thing',
    body: ({ handle }) => ({ handle }),
    ok: [200],
  },
  'POST /v1/sends/:id/settle': {
    needs: 'app',
    reach: 'thing',
    ...send('/settle'),
    body: () => ({ outcome: 'failed' }),
    ok: [200],
  },
  'POST /v1/sends/:id/release': { needs: 'app', reach: 'thing', ...send('/release'), ok: [200] },
  'GET /v1/admin/lines': { needs: 'viewer', reach: 'list', ok: [200] },
  'POST /v1/admin/lines': {
    needs: 'operator',
    reach: 'thing',
    body: ({ slug }) => ({ phoneNumber: TWO_POOL_NUMBERS[6], pool: slug, reason }),
    ok: [201, 409],
  },
  'POST /v1/admin/lines/import': {
    needs: 'operator',
    reach: 'fleet',
    body: ({ slug }) => ({ pool: slug, dryRun: true, reason }),
    ok: [200],
  },
  'GET /v1/admin/lines/:id': { needs: 'viewer', reach: 'thing', ...line(), ok: [200] },
  'PATCH /v1/admin/lines/:id': {
    needs: 'operator',
    reach: 'thing',
    ...line(),
    body: () => ({ budgetPerDay: 2_900, reason }),
    ok: [200],
  },
  'GET /v1/admin/lines/:id/usage': {
    needs: 'viewer',
    reach: 'thing',
    ...line('/usage'),
    ok: [200],
  },
  'POST /v1/admin/lines/:id/:verb': {
    needs: 'operator',
    reach: 'thing',
    ...line('/cordon'),
    body: () => ({ reason, dryRun: true }),
    ok: [200],
  },
  'GET /v1/admin/fleet': { needs: 'viewer', reach: 'list', ok: [200] },
  'POST /v1/admin/fleet/:verb': {
    needs: 'operator',
    reach: 'fleet',
    path: () => '/v1/admin/fleet/freeze',
    body: () => ({ reason, dryRun: true }),
    ok: [200],
  },
  'GET /v1/admin/failovers': { needs: 'viewer', reach: 'list', ok: [200] },
  'GET /v1/admin/failovers/:id': { needs: 'viewer', reach: 'thing', ...failover(), ok: [200] },
  'POST /v1/admin/failovers/:id/:verb': {
    needs: 'operator',
    reach: 'thing',
    ...failover('/pause'),
    body: () => ({ reason, dryRun: true }),
    // It may have nothing left to move.
    ok: [200, 409],
  },
  'GET /v1/admin/pools': { needs: 'viewer', reach: 'list', ok: [200] },
  'GET /v1/admin/pools/:id/card-profile': {
    needs: 'viewer',
    reach: 'thing',
    path: ({ id }) => `/v1/admin/pools/${id}/card-profile`,
    ok: [200],
  },
  'PUT /v1/admin/pools/:id/card-profile': {
    needs: 'operator',
    reach: 'thing',
    path: ({ id }) => `/v1/admin/pools/${id}/card-profile`,
    body: () => ({ name: 'Ada', reason }),
    ok: [200],
  },
  'POST /v1/admin/pools/:id/card-profile/preview': {
    needs: 'operator',
    reach: 'thing',
    path: ({ id }) => `/v1/admin/pools/${id}/card-profile/preview`,
    body: () => ({ name: 'Ada' }),
    ok: [200],
  },
  'GET /v1/admin/coverage': { needs: 'viewer', reach: 'list', ok: [200] },
  'POST /v1/admin/rebalance': {
    needs: 'operator',
    reach: 'fleet',
    body: () => ({ reason, dryRun: true }),
    ok: [200],
  },
  'GET /v1/admin/rebalance': { needs: 'viewer', reach: 'fleet', ok: [200] },
  'GET /v1/admin/capacity': { needs: 'viewer', reach: 'list', ok: [200] },
  'GET /v1/admin/loss-report': { needs: 'viewer', reach: 'list', ok: [200] },
  'GET /v1/admin/loss-report/uncovered': {
    needs: 'viewer',
    reach: 'thing',
    path: ({ lineId }) => `/v1/admin/loss-report/uncovered?lines=${lineId}`,
    ok: [200],
  },
  'GET /v1/admin/groups': { needs: 'viewer', reach: 'list', ok: [200] },
  'GET /v1/admin/wait-list': { needs: 'viewer', reach: 'list', ok: [200] },
  'POST /v1/admin/simulations': {
    needs: 'operator',
    reach: 'thing',
    body: ({ slug }) => ({ pool: slug, scenario: 'S1', days: 2, users: 1, lines: 1 }),
    // One at a time: the one of another caller may still run.
    ok: [202, 409],
  },
  'GET /v1/admin/simulations/:id': {
    needs: 'viewer',
    reach: 'thing',
    path: () => `/v1/admin/simulations/${nobody}`,
    ok: [404],
  },
  'GET /v1/admin/suppressions': { needs: 'viewer', reach: 'list', ok: [200] },
  'GET /v1/admin/jobs': { needs: 'viewer', reach: 'fleet', ok: [200] },
  'POST /v1/admin/jobs/:name/run': {
    needs: 'operator',
    reach: 'fleet',
    path: () => '/v1/admin/jobs/reconcile-ledger/run',
    ok: [200],
  },
  'GET /v1/admin/policy': { needs: 'viewer', reach: 'rules', ok: [200] },
  'PUT /v1/admin/policy': {
    needs: 'admin',
    reach: 'fleet',
    body: () => ({ policy: DEFAULT_FLEET_POLICY, reason, dryRun: true }),
    ok: [200],
  },
  'POST /v1/admin/policy/preview': {
    needs: 'operator',
    reach: 'fleet',
    body: () => ({ preset: 'defaults' }),
    ok: [200],
  },
  'GET /v1/admin/policy/presets': { needs: 'viewer', reach: 'rules', ok: [200] },
  'GET /v1/admin/policy/versions': { needs: 'viewer', reach: 'rules', ok: [200] },
  'GET /v1/admin/policy/versions/:version': {
    needs: 'viewer',
    reach: 'rules',
    path: () => '/v1/admin/policy/versions/1',
    ok: [200],
  },
  'GET /v1/admin/policy/diff': {
    needs: 'viewer',
    reach: 'rules',
    path: () => '/v1/admin/policy/diff?from=1&to=1',
    ok: [200],
  },
  'GET /v1/admin/actuators': { needs: 'viewer', reach: 'rules', ok: [200] },
  'GET /v1/admin/actuators/summary': { needs: 'viewer', reach: 'fleet', ok: [200] },
  'POST /v1/admin/rebalance/:id/apply': {
    needs: 'operator',
    reach: 'fleet',
    path: () => `/v1/admin/rebalance/${nobody}/apply`,
    body: () => ({ reason }),
    // Without If-Match nothing is applied.
    ok: [422],
  },
  'PUT /v1/admin/actuators': {
    needs: 'admin',
    reach: 'fleet',
    body: () => ({ actuators: {}, reason }),
    ok: [200],
  },
  'GET /v1/admin/audit': { needs: 'viewer', reach: 'list', ok: [200] },
  'GET /v1/admin/keys': { needs: 'admin', reach: 'fleet', ok: [200] },
  'POST /v1/admin/keys': {
    needs: 'admin',
    reach: 'fleet',
    body: () => ({ name: 'made in the test', role: 'viewer', reason }),
    ok: [201],
  },
  'DELETE /v1/admin/keys/:id': {
    needs: 'admin',
    reach: 'fleet',
    path: () => `/v1/admin/keys/${nobody}`,
    ok: [404],
  },
  'GET /v1/admin/webhook-endpoints': { needs: 'admin', reach: 'fleet', ok: [200] },
  'POST /v1/admin/webhook-endpoints': {
    needs: 'admin',
    reach: 'fleet',
    body: () => ({ url: 'http://127.0.0.1:9/hook', eventTypes: ['line.registered'], reason }),
    ok: [201],
  },
  'GET /v1/admin/webhook-endpoints/:id': {
    needs: 'admin',
    reach: 'fleet',
    ...endpoint(),
    ok: [404],
  },
  'PATCH /v1/admin/webhook-endpoints/:id': {
    needs: 'admin',
    reach: 'fleet',
    ...endpoint(),
    body: () => ({ reason }),
    ok: [404],
  },
  'DELETE /v1/admin/webhook-endpoints/:id': {
    needs: 'admin',
    reach: 'fleet',
    ...endpoint(),
    ok: [404],
  },
  'POST /v1/admin/webhook-endpoints/:id/rotate-secret': {
    needs: 'admin',
    reach: 'fleet',
    ...endpoint('/rotate-secret'),
    body: () => ({ reason }),
    ok: [404],
  },
  'POST /v1/admin/webhook-endpoints/:id/replay': {
    needs: 'admin',
    reach: 'fleet',
    ...endpoint('/replay'),
    body: () => ({ eventId: nobody, reason }),
    ok: [404],
  },
  'POST /v1/admin/webhook-endpoints/:id/:verb': {
    needs: 'admin',
    reach: 'fleet',
    ...endpoint('/disable'),
    body: () => ({ reason }),
    ok: [404],
  },
  'GET /v1/admin/webhook-endpoints/:id/deliveries': {
    needs: 'admin',
    reach: 'fleet',
    ...endpoint('/deliveries'),
    ok: [404],
  },
  'GET /v1/admin/webhook-endpoints/:id/attempts': {
    needs: 'admin',
    reach: 'fleet',
    ...endpoint('/attempts'),
    ok: [404],
  },
  'GET /v1/admin/inbox': { needs: 'viewer', reach: 'fleet', ok: [200] },
  'POST /v1/admin/inbox/rotate-secret': {
    needs: 'admin',
    reach: 'fleet',
    body: () => ({ reason }),
    ok: [200],
  },
  'POST /v1/admin/inbox/:eventId/replay': {
    needs: 'operator',
    reach: 'fleet',
    path: () => '/v1/admin/inbox/none/replay',
    body: () => ({ reason }),
    ok: [404],
  },
  // On the machine itself it is open; these callers come through a proxy.
  'GET /metrics': { needs: 'viewer', reach: 'fleet', ok: [200] },
  'GET /v1/events': { needs: 'viewer', reach: 'list', ok: [200] },
  // The last one: after it the person is gone.
  'DELETE /v1/users/:id': { needs: 'admin', reach: 'thing', ...plainUser(), ok: [204] },
};
