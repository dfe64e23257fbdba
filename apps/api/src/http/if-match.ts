import { Refusal } from '@linekeeper/application';

/** The version an If-Match header names, or null without one. */
export function versionOf(header: string | undefined): number | null {
  if (header === undefined || header === '*') return null;
  const version = /^(?:W\/)?"?(\d{1,9})"?$/.exec(header.trim())?.[1];
  if (version === undefined)
    throw new Refusal('request.invalid', 'If-Match: a version such as "3" is expected');
  return Number(version);
}
