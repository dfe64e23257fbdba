import { type EpochMs, SECOND_MS } from '@linekeeper/domain';

/** The versions of the provider's API. A line speaks one of them at a time; the newest is the one that is assumed. */
export const API_VERSIONS = ['v3', 'v2'] as const;
export type ApiVersion = (typeof API_VERSIONS)[number];

/** A version that a line spoke until an instant, which is a whole second. */
export interface EarlierVersion {
  readonly version: ApiVersion;
  readonly until: EpochMs;
}

/** What is known of the versions that a line speaks and spoke. */
export interface SpokenVersion {
  readonly apiVersion: ApiVersion;
  /** Oldest first. */
  readonly earlierVersions: readonly EarlierVersion[];
}

const OF_V2 = /^\d+(?:\/\d+)?$/;

/**
 * Which version gave an id of a chat or message: V2 counts them, V3's are UUIDs. A message of V2 has its chat in its id,
 * `<chat>/<message>`, since V2 finds it nowhere else.
 */
export function versionOfId(id: string): ApiVersion {
  return OF_V2.test(id) ? 'v2' : 'v3';
}

/** The id by which we know a message, of which somebody has the provider's own id. */
export function messageIdIn(chatId: string, messageId: string): string {
  return versionOfId(chatId) === 'v2' && /^\d+$/.test(messageId)
    ? `${chatId}/${messageId}`
    : messageId;
}

/**
 * The version in which a line's messages of an instant are told to us. An account may be told of each in both, under
 * different ids, and only one may count.
 */
export function versionAt({ apiVersion, earlierVersions }: SpokenVersion, at: EpochMs): ApiVersion {
  return earlierVersions.find(({ until }) => at < until)?.version ?? apiVersion;
}

/** Since when a line has spoken the version that it speaks; 0: always. */
export function spokenSince({ earlierVersions }: SpokenVersion): EpochMs {
  return earlierVersions.at(-1)?.until ?? 0;
}

/** What is told of a line before is told within a month; so many changes are an operator's trials. */
const KEPT_VERSIONS = 20;

/**
 * The line speaks another version from now on. The change takes effect at the beginning of this second, since V2 tells
 * no more of an instant: so both versions say of each message the same about whether it came before or after.
 */
export function speaking(
  line: SpokenVersion,
  apiVersion: ApiVersion,
  now: EpochMs,
): Partial<SpokenVersion> {
  if (apiVersion === line.apiVersion) return {};
  const ended = { version: line.apiVersion, until: now - (now % SECOND_MS) };
  return { apiVersion, earlierVersions: [...line.earlierVersions, ended].slice(-KEPT_VERSIONS) };
}
