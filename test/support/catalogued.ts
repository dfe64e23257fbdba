import { EVENT_CATALOGUE, type EventType } from '@linekeeper/application';
import type { TestDatabase } from './database';

const OF_ALL = ['actor', 'policyVersion'];

/** Everything that was announced is as docs/events.md says, and names nobody by a handle. */
export async function expectEventsAsDocumented(database: TestDatabase): Promise<void> {
  const rows = await database.query<{ type: EventType; data: Record<string, unknown> }>(
    'SELECT type, data FROM outbox_events',
  );
  expect(rows.length).toBeGreaterThan(0);
  const handles = await database.query<{ value: string }>('SELECT value FROM handles');
  for (const { type, data } of rows) {
    const { example, optional = [], open = false } = EVENT_CATALOGUE[type];
    const known = [...Object.keys(example), ...OF_ALL];
    const given = Object.keys(data);
    const missing = known.filter((key) => !given.includes(key) && !optional.includes(key));
    expect({ type, missing }).toEqual({ type, missing: [] });
    const unknown = given.filter((key) => !known.includes(key));
    if (!open) expect({ type, unknown }).toEqual({ type, unknown: [] });
    const text = JSON.stringify(data);
    for (const { value } of handles) expect(text).not.toContain(value);
  }
}
