import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Logger } from '@nestjs/common';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { lineNumbers, linesOf, onboard, personNumber, raiseMatureFleet } from '../support/fleet';
import { Http, ok } from '../support/http';
import { APP_KEY, TestService, VIEWER_KEY } from '../support/service';
import { TestSimulator } from '../support/simulator';

interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

/** Reads the text format: one family per metric, its samples with their labels. */
function parse(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let help = '';
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    if (kind === 'HELP') help = rest;
    else if (kind === 'TYPE') families.set(name, { type: rest, help, samples: [] });
    else {
      const [, sample = '', , labels = '', value = ''] =
        /^([a-zA-Z_:][\w:]*)(\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const family =
        families.get(sample) ?? families.get(sample.replace(/_(bucket|sum|count)$/, ''));
      if (!family) throw new Error(`A sample without its family: ${line}`);
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
      family.samples.push({
        labels: Object.fromEntries(pairs.map(([, key = '', text_ = '']) => [key, text_])),
        value: Number(value),
      });
    }
  }
  return families;
}

/** The rows of the tables of docs/metrics.md. */
function documented(): Map<string, { type: string; labels: string[] }> {
  const text = readFileSync(resolve(__dirname, '../../docs/metrics.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `(linekeeper_\w+)` +\| (\w+) +\| ([^|]+) \|/gm)];
  return new Map(
    rows.map(([, name = '', type = '', labels = '']) => [
      name,
      { type, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label).sort() },
    ]),
  );
}

describe('/metrics', () => {
  let database: TestDatabase;
  let simulator: TestSimulator;
  let service: TestService;

  beforeAll(async () => {
    [database, simulator] = await Promise.all([
      createTestDatabase(),
      TestSimulator.start({ lines: lineNumbers(3), start: '2026-03-02T10:00:00.000Z' }),
    ]);
    service = await TestService.start(database, simulator);
    await raiseMatureFleet(service);
  });

  afterAll(async () => {
    await service.stop();
    await simulator.stop();
    await database.drop();
  });

  const scrape = async (): Promise<string> => ok(new Http(service.url).get<string>('/metrics'));
  const valueOf = (
    families: Map<string, Family>,
    name: string,
    labels: Record<string, string>,
  ): number | undefined =>
    families
      .get(name)
      ?.samples.find((sample) =>
        Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
      )?.value;

  it('exposes exactly what docs/metrics.md says, with type and labels', async () => {
    const person = await onboard(service, personNumber(1));
    const { phoneNumber } = person.assignment.line;
    await simulator.text(personNumber(1), phoneNumber, 'Hello');
    await simulator.advance(60);
    await ok(service.app.post('/v1/sends', { userId: person.user.id }));
    const other = await onboard(service, personNumber(2));
    await ok(
      service.app.post(`/v1/users/${person.user.id}/merge`, {
        userId: other.user.id,
        reason: 'a test',
      }),
    );
    await ok(service.app.post(`/v1/users/${person.user.id}/opt-out`, {}));
    await ok(service.app.post('/v1/sends', { userId: person.user.id, class: 'proactive' }));
    await new Http(service.url).post('/webhooks/linq/v3', {});
    await service.app.get('/nowhere');
    const text = await scrape();
    const families = parse(text);
    const told = documented();
    expect(told.size).toBeGreaterThan(20);
    expect([...families.keys()].filter((name) => name.startsWith('linekeeper_')).sort()).toEqual(
      [...told.keys()].sort(),
    );
    for (const [name, { type, labels }] of told) {
      const family = families.get(name);
      expect({ name, type: family?.type, help: family?.help !== '' }).toEqual({
        name,
        type,
        help: true,
      });
      for (const sample of family?.samples ?? []) {
        const seen = Object.keys(sample.labels).filter((label) => label !== 'le');
        expect({ name, labels: seen.sort() }).toEqual({ name, labels });
      }
    }
    expect(families.has('process_cpu_seconds_total')).toBe(true);

    const has = (name: string, labels: Record<string, string>, value: number): void =>
      expect({ name, labels, value: valueOf(families, name, labels) }).toEqual({
        name,
        labels,
        value,
      });
    has('linekeeper_gate_decisions_total', { class: 'reply', decision: 'send', reason: 'none' }, 1);
    has('linekeeper_gate_decisions_total', { decision: 'refuse', reason: 'suppressed' }, 1);
    has('linekeeper_ledger_reservations_total', { outcome: 'held' }, 1);
    has('linekeeper_placements_total', { outcome: 'reserved' }, 2);
    has('linekeeper_merges_total', {}, 1);
    has('linekeeper_webhooks_total', { outcome: 'rejected', cause: 'missing-headers' }, 1);
    has('linekeeper_http_requests_total', { route: 'none', status: '404' }, 1);
    has('linekeeper_http_requests_total', { method: 'POST', route: '/v1/sends', status: '200' }, 2);
    has('linekeeper_job_runs_total', { job: 'poll-lines', outcome: 'ok' }, 1);
    has('linekeeper_provider_calls_total', { operation: 'subscribe', outcome: 'ok' }, 1);
    has('linekeeper_lines', { admin_state: 'enabled', health: 'healthy' }, 3);
    has('linekeeper_line_used_messages', { last4: phoneNumber.slice(-4) }, 1);
    has('linekeeper_database_readable', {}, 1);
    expect(valueOf(families, 'linekeeper_inbox_events_total', { outcome: 'processed' })).toBe(
      valueOf(families, 'linekeeper_webhooks_total', { outcome: 'accepted' }),
    );
    // No number is there in whole, neither of a line nor of a person.
    for (const number of [...lineNumbers(3), personNumber(1), personNumber(2)])
      expect(text).not.toContain(number.slice(1));
  });

  it('counts the coverage as the page does, and reads the database once for many scrapes', async () => {
    const person = await onboard(service, personNumber(3));
    await ok(
      service.app.post(`/v1/users/${person.user.id}/contact-card/sent`, {
        version: person.contactCard.version,
        channel: 'chat',
      }),
    );
    const asked = async (): Promise<number> =>
      (
        await database.query<{ n: string }>(
          `SELECT sum(seq_scan + idx_scan)::text AS n FROM pg_stat_user_tables WHERE relname = 'failovers'`,
        )
      ).map(({ n }) => Number(n))[0] ?? 0;
    const coverage = await ok(service.admin.get<Record<string, number>>('/v1/admin/coverage'));
    // What was read up to five seconds ago is shown again: until it is read anew.
    const deadline = Date.now() + 20_000;
    let families = parse(await scrape());
    while (
      valueOf(families, 'linekeeper_coverage_ratio', { sureness: 'sent' }) !== coverage['sent'] &&
      Date.now() < deadline
    )
      families = parse(await scrape());
    for (const sureness of ['sent', 'delivered', 'known'])
      expect(valueOf(families, 'linekeeper_coverage_ratio', { sureness })).toBe(coverage[sureness]);
    const before = await asked();
    await Promise.all(Array.from({ length: 50 }, scrape));
    expect((await asked()) - before).toBeLessThan(10);
  });

  it('is open on the machine itself, and takes a viewer through a proxy', async () => {
    const asked = async (headers: Record<string, string>, key: string | null) =>
      (await new Http(service.url, key).get('/metrics', { headers })).status;
    const proxied = { 'x-forwarded-for': '203.0.113.7' };
    expect(await asked({}, null)).toBe(200);
    expect(await asked(proxied, null)).toBe(401);
    expect(await asked({ forwarded: 'for=203.0.113.7' }, null)).toBe(401);
    expect(await asked(proxied, APP_KEY)).toBe(403);
    expect(await asked(proxied, VIEWER_KEY)).toBe(200);
  });

  it('tells each decision to the log once it stands, with no number in whole', async () => {
    const lines: string[] = [];
    const seen = jest.spyOn(Logger.prototype, 'log').mockImplementation((message: unknown) => {
      lines.push(JSON.stringify(message));
    });
    const enabled = jest.spyOn(Logger, 'isLevelEnabled').mockReturnValue(true);
    try {
      const person = await onboard(service, personNumber(4));
      // The same again decides nothing.
      await service.app.post('/v1/users', { handle: personNumber(4), startedBy: 'inbound' });
      await ok(service.app.post('/v1/sends', { userId: person.user.id }));
      const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      const about = told.filter(({ userId }) => userId === person.user.id);
      expect(about).toEqual([
        expect.objectContaining({ kind: 'placement', outcome: 'reserved', policyVersion: 1 }),
        expect.objectContaining({
          kind: 'gate',
          actor: expect.stringMatching(/^app:/) as string,
          line: person.assignment.line.phoneNumber.slice(-4),
          inputs: expect.objectContaining({ ledger: 'held' }) as object,
        }),
      ]);
      for (const number of [...lineNumbers(3), personNumber(4)])
        expect(lines.join()).not.toContain(number.slice(1));
    } finally {
      seen.mockRestore();
      enabled.mockRestore();
    }
  });

  it('tells of a line that was lost, and forgets what is no more', async () => {
    const [line] = await linesOf(service);
    await ok(service.admin.post(`/v1/admin/lines/${line?.id}/mark-flagged`, { reason: 'a test' }));
    const deadline = Date.now() + 20_000;
    let families = parse(await scrape());
    const lost = (): number | undefined =>
      valueOf(families, 'linekeeper_lines', { health: 'ejected' });
    while (lost() !== 1 && Date.now() < deadline) families = parse(await scrape());
    expect(lost()).toBe(1);
    expect(valueOf(families, 'linekeeper_lines', { health: 'healthy' })).toBe(2);
    expect(valueOf(families, 'linekeeper_line_can_send', { line: line?.id ?? '' })).toBe(0);
  });
});
