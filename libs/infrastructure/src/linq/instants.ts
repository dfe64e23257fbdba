import type { EpochMs } from '@linekeeper/domain';

const RFC_3339 =
  /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,12}))?\s?([Zz]|[+-]\d{2}:?\d{2})$/;

/** Reads an RFC 3339 instant with any number of fraction digits; what is finer than a millisecond is cut off. */
export function parseInstant(text: unknown): EpochMs | null {
  if (typeof text !== 'string') return null;
  const match = RFC_3339.exec(text.trim());
  if (!match) return null;
  const [, day, time, fraction = '', zone = 'Z'] = match;
  const offset = /^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  const at = Date.parse(`${day}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}${offset}`);
  return Number.isNaN(at) ? null : at;
}
