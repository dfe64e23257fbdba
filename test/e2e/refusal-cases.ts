import { lineNumbers, personNumber } from '../support/fleet';
import { ADMIN_KEY, APP_KEY, VIEWER_KEY } from '../support/service';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

export interface Refused {
  readonly what: string;
  readonly method?: Method;
  /** `{line}` and `{user}` stand for a real line and a real user. */
  readonly path: string;
  readonly body?: unknown;
  readonly raw?: string;
  readonly type?: string;
  readonly key?: string | null;
  readonly headers?: Record<string, string>;
  readonly status: number;
  readonly code: string;
}

const deep = '['.repeat(65) + ']'.repeat(65);
const nobody = '00000000-0000-7000-8000-000000000000';

export const BAD_BODIES: readonly Refused[] = [
  {
    what: 'broken JSON',
    path: '/v1/users',
    raw: '{"handle": ',
    status: 400,
    code: 'request.malformed',
  },
  {
    what: 'JSON nested too deep',
    path: '/v1/users',
    raw: deep,
    status: 400,
    code: 'request.malformed',
  },
  { what: 'no body', path: '/v1/users', raw: '', status: 422, code: 'request.invalid' },
  {
    what: 'a list for a body',
    path: '/v1/users',
    body: [],
    status: 422,
    code: 'request.invalid',
  },
  {
    what: 'another media type',
    path: '/v1/users',
    raw: 'handle=1',
    type: 'application/x-www-form-urlencoded',
    status: 415,
    code: 'request.unsupported_media_type',
  },
  {
    what: 'a body over the limit',
    path: '/v1/users',
    body: { labels: ['x'.repeat(300_000)] },
    status: 413,
    code: 'request.too_large',
  },
  {
    what: 'an unknown field',
    path: '/v1/users',
    body: { handle: personNumber(2), startedBy: 'inbound', colour: 'red' },
    status: 422,
    code: 'request.invalid',
  },
  {
    what: 'a missing field',
    path: '/v1/users',
    body: { handle: personNumber(2) },
    status: 422,
    code: 'request.invalid',
  },
  {
    what: 'a word outside its list',
    path: '/v1/users',
    body: { handle: personNumber(2), startedBy: 'carrier pigeon' },
    status: 422,
    code: 'request.invalid',
  },
  {
    what: 'a handle that is no number',
    path: '/v1/users',
    body: { handle: '12', startedBy: 'inbound' },
    status: 422,
    code: 'handle.invalid',
  },
  {
    what: 'a handle that is one of our lines',
    path: '/v1/users',
    body: { handle: lineNumbers(1)[0], startedBy: 'inbound' },
    status: 422,
    code: 'handle.own_line',
  },
  {
    what: 'a time zone that is none',
    path: '/v1/users',
    body: { handle: personNumber(2), startedBy: 'inbound', timeZone: 'Mars/Base' },
    status: 422,
    code: 'time_zone.invalid',
  },
  {
    what: 'a pool that is none',
    path: '/v1/users',
    body: { handle: personNumber(2), startedBy: 'inbound', pool: 'nope' },
    status: 404,
    code: 'pool.not_found',
  },
  {
    what: 'too much expected a day',
    path: '/v1/users',
    body: { handle: personNumber(2), startedBy: 'inbound', expectedMessagesPerDay: 1e9 },
    status: 422,
    code: 'request.invalid',
  },
  { what: 'a send to nobody', path: '/v1/sends', body: {}, status: 422, code: 'request.invalid' },
  {
    what: 'a send to two',
    path: '/v1/sends',
    body: { userId: nobody, handle: personNumber(1) },
    status: 422,
    code: 'request.invalid',
  },
  {
    what: 'a send to a stranger',
    path: '/v1/sends',
    body: { handle: personNumber(77) },
    status: 404,
    code: 'user.not_found',
  },
  {
    what: 'a card version that was never made',
    path: '/v1/users/{user}/contact-card/sent',
    body: { version: '0123456789abcdef', channel: 'link' },
    status: 422,
    code: 'card.version_unknown',
  },
  {
    what: 'a card channel outside its list',
    path: '/v1/users/{user}/contact-card/sent',
    body: { version: '0123456789abcdef', channel: 'fax' },
    status: 422,
    code: 'request.invalid',
  },
  {
    what: 'a settlement of nothing',
    path: `/v1/sends/${nobody}/settle`,
    body: { outcome: 'accepted' },
    status: 404,
    code: 'send.not_found',
  },
  {
    what: 'an id that is none',
    method: 'get',
    path: '/v1/users/17',
    status: 422,
    code: 'request.invalid',
  },
  {
    what: 'an unknown user',
    method: 'get',
    path: `/v1/users/${nobody}`,
    status: 404,
    code: 'user.not_found',
  },
  {
    what: 'a cursor that we never gave',
    method: 'get',
    path: '/v1/users?cursor=zzz',
    status: 422,
    code: 'request.invalid',
  },
  {
    what: 'an unknown route',
    method: 'get',
    path: '/v1/nothing',
    status: 404,
    code: 'route.not_found',
  },
  {
    what: 'a line registered twice',
    path: '/v1/admin/lines',
    body: { phoneNumber: lineNumbers(1)[0], reason: 'again' },
    status: 409,
    code: 'line.exists',
    key: ADMIN_KEY,
  },
  {
    what: 'a step without a reason',
    path: '/v1/admin/lines/{line}/cordon',
    body: {},
    status: 422,
    code: 'request.invalid',
    key: ADMIN_KEY,
  },
  {
    what: 'an illegal step',
    path: '/v1/admin/lines/{line}/uncordon',
    body: { reason: 'why not' },
    status: 409,
    code: 'line.illegal_step',
    key: ADMIN_KEY,
  },
  {
    what: 'a verb that is none',
    path: '/v1/admin/lines/{line}/explode',
    body: { reason: 'why not' },
    status: 422,
    code: 'request.invalid',
    key: ADMIN_KEY,
  },
  {
    what: 'an edit based on an old version',
    method: 'patch',
    path: '/v1/admin/lines/{line}',
    body: { budgetPerDay: 2_000, reason: 'less' },
    headers: { 'if-match': '"99"' },
    status: 412,
    code: 'precondition.stale',
    key: ADMIN_KEY,
  },
  {
    what: 'an unknown policy key',
    method: 'put',
    path: '/v1/admin/policy',
    body: { policy: { luck: 7 }, reason: 'hope' },
    status: 422,
    code: 'policy.invalid',
    key: ADMIN_KEY,
  },
  {
    what: 'an actuator that is none',
    method: 'put',
    path: '/v1/admin/actuators',
    body: { actuators: { luck: 'auto' }, reason: 'hope' },
    status: 422,
    code: 'request.invalid',
    key: ADMIN_KEY,
  },
  {
    what: 'a key that has expired before it is made',
    path: '/v1/admin/keys',
    body: { name: 'late', role: 'viewer', expiresAt: '2020-01-01T00:00:00Z', reason: 'none' },
    status: 422,
    code: 'request.invalid',
    key: ADMIN_KEY,
  },
  {
    what: 'a key for a pool that is none',
    path: '/v1/admin/keys',
    body: { name: 'lost', role: 'viewer', poolIds: [nobody], reason: 'none' },
    status: 404,
    code: 'pool.not_found',
    key: ADMIN_KEY,
  },
  {
    what: 'a job that is none',
    path: '/v1/admin/jobs/make-coffee/run',
    body: { reason: 'tired' },
    status: 404,
    code: 'job.not_found',
    key: ADMIN_KEY,
  },
];

export const BAD_CALLERS: readonly Refused[] = [
  {
    what: 'no key',
    method: 'get',
    path: '/v1/admin/lines',
    key: null,
    status: 401,
    code: 'auth.missing',
  },
  {
    what: 'a wrong key',
    method: 'get',
    path: '/v1/admin/lines',
    key: `${ADMIN_KEY}x`,
    status: 401,
    code: 'auth.invalid',
  },
  {
    what: 'a viewer calling a verb',
    path: '/v1/admin/lines/{line}/cordon',
    body: { reason: 'curious' },
    key: VIEWER_KEY,
    status: 403,
    code: 'auth.forbidden',
  },
  {
    what: 'a viewer onboarding',
    path: '/v1/users',
    body: { handle: personNumber(3), startedBy: 'inbound' },
    key: VIEWER_KEY,
    status: 403,
    code: 'auth.forbidden',
  },
  {
    what: 'an app calling a verb',
    path: '/v1/admin/lines/{line}/mark-flagged',
    body: { reason: 'curious' },
    key: APP_KEY,
    status: 403,
    code: 'auth.forbidden',
  },
  {
    what: 'an app reading keys',
    method: 'get',
    path: '/v1/admin/keys',
    key: APP_KEY,
    status: 403,
    code: 'auth.forbidden',
  },
];
