import type { Ask } from './database';
import type { LineJson } from './line-from-json';
import { LineVersions } from './line-versions';

describe('LineVersions', () => {
  let now = '1';
  const reads: unknown[] = [];
  const ask = ((_statement, [ids]) => {
    reads.push(ids);
    const line = { id: 'a', health: `of ${now}`, mean_milli: 0, variance_milli: 0 };
    const times = { created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z' };
    const row = { ...line, ...times } as unknown as LineJson;
    return Promise.resolve([{ id: 'a', version: now, line: row, most: 7 }]);
  }) as Ask;
  const healthOf = async (lines: LineVersions): Promise<unknown> =>
    (await lines.of([{ id: 'a', version: now }])).get('a')?.line.health;

  it('reads a line once, and again when its row is another', async () => {
    const lines = new LineVersions(ask);
    expect(await healthOf(lines)).toBe('of 1');
    expect(await healthOf(lines)).toBe('of 1');
    expect(reads).toEqual([['a']]);
    now = '2';
    expect(await healthOf(lines)).toBe('of 2');
    expect(reads).toEqual([['a'], ['a']]);
  });
});
