import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BACKUP_LABEL, cleanProfile } from '@linekeeper/domain';
import { cleanLine, escapeUri } from '../../libs/domain/src/contact-card/text';
import type { CorpusCard } from './card-corpus';

/** What a reader of cards made of one; the same shape for every reader. */
export interface ReadCard {
  readonly uid: string;
  readonly fn: string;
  readonly n: readonly string[];
  readonly org: readonly string[];
  readonly title: readonly string[];
  /** Number, whether it is the preferred one, group. */
  readonly tel: readonly (readonly [string, boolean, string])[];
  /** Label, group. */
  readonly label: readonly (readonly [string, string])[];
  readonly email: readonly string[];
  readonly url: readonly string[];
  readonly adr: readonly (readonly string[])[];
  readonly note: readonly string[];
  /** Base64. */
  readonly photo: readonly string[];
}

/** What every reader must find on a card. */
export function expectedOf({ identity, numbers, photo }: CorpusCard): ReadCard {
  const profile = cleanProfile(identity.profile);
  const one = (value: string | undefined): string[] => (value === undefined ? [] : [value]);
  const label = profile.backupLabel ?? BACKUP_LABEL;
  return {
    uid: `urn:uuid:${identity.poolId}`,
    fn: profile.name === '' ? numbers[0]! : profile.name,
    n: ['', profile.name === '' ? numbers[0]! : profile.name, '', '', ''],
    org: one(profile.organization),
    title: one(profile.title),
    tel: numbers.map((number, i) => [number, i === 0, i === 0 ? '' : `item${i}`]),
    label: numbers
      .slice(1)
      .map((_number, i) => [cleanLine(`${label} ${i + 1}`, 40), `item${i + 1}`]),
    email: profile.emails ?? [],
    url: (profile.urls ?? []).map(escapeUri),
    adr: (profile.addresses ?? []).map((place) => [
      '',
      '',
      place.street,
      place.city,
      place.region,
      place.postalCode,
      place.country,
    ]),
    note: one(profile.note),
    photo: photo === null ? [] : [photo],
  };
}

export interface OutsideReader {
  readonly name: string;
  /** Why it cannot run on this machine; null when it can. */
  readonly missing: string | null;
  /** Reads cards, one after the other in one file. */
  readonly read: (cards: string) => ReadCard[];
}

const FOLDER = join(__dirname, '../parsers');
const JARS = ['ez-vcard', 'vinnie'].map((name) => `/usr/share/java/${name}.jar`);
const missingJar = JARS.find((jar) => !existsSync(jar));

const PERL = 'Text::vCard (Perl)';

/**
 * What the reader of this name finds on a card. Text::vCard leaves the escape of a line break as it is written; the others
 * find what is there.
 */
export function foundBy(name: string, card: CorpusCard): ReadCard {
  const expected = expectedOf(card);
  if (name !== PERL) return expected;
  return { ...expected, note: expected.note.map((note) => note.replaceAll('\n', '\\n')) };
}

/** Readers that none of us wrote and that npm does not have; none is needed to run the tests. */
export const OUTSIDE_READERS: readonly OutsideReader[] = [
  reader(
    'vobject (Python)',
    ['/usr/bin/python3', 'python3'],
    ['-c', 'import vobject'],
    [join(FOLDER, 'read-with-vobject.py')],
  ),
  reader(PERL, ['perl'], ['-MText::vCard', '-e', '1'], [join(FOLDER, 'read-with-text-vcard.pl')]),
  missingJar === undefined
    ? reader(
        'ez-vcard (Java)',
        ['java'],
        ['-version'],
        ['-cp', JARS.join(':'), join(FOLDER, 'ReadWithEzVcard.java')],
      )
    : { name: 'ez-vcard (Java)', missing: `no ${missingJar}`, read: () => [] },
];

function reader(
  name: string,
  programs: readonly string[],
  check: readonly string[],
  run: readonly string[],
): OutsideReader {
  const program = programs.find((each) => spawnSync(each, [...check]).status === 0);
  return {
    name,
    missing: program === undefined ? `${programs.at(-1)} with it is not installed` : null,
    read: (cards) => {
      const done = spawnSync(program!, [...run], { input: cards, maxBuffer: 64 * 2 ** 20 });
      if (done.status !== 0) throw new Error(`${name}: ${done.stderr.toString()}`);
      return JSON.parse(done.stdout.toString()) as ReadCard[];
    },
  };
}
