/** The payload version we ask for. Without it the provider picks whichever is newest on the day. */
const VERSION = '2026-02-03';

/**
 * The address of a subscription with the payload version written into its query, everything else left letter for
 * letter as it was, so that the provider's list can be compared with our configuration.
 */
export function versionedTarget(url: string): string {
  const address = url.split('#', 1)[0] ?? url;
  const mark = address.indexOf('?');
  if (mark < 0) return `${address}?version=${VERSION}`;
  const kept = address
    .slice(mark + 1)
    .split('&')
    .filter((parameter) => parameter !== '' && !/^version(?:=|$)/.test(parameter));
  return `${address.slice(0, mark)}?${[...kept, `version=${VERSION}`].join('&')}`;
}
