import ICAL from 'ical.js';
import { CARD_CORPUS, type CorpusCard } from '../../../../test/support/card-corpus';
import {
  expectedOf,
  foundBy,
  OUTSIDE_READERS,
  type ReadCard,
} from '../../../../test/support/outside-readers';
import { type ContentLine, readStrictly } from '../../../../test/support/strict-vcard';
import { renderVCard } from './vcard';

const rendered = CARD_CORPUS.map(({ identity, numbers, photo }) =>
  renderVCard(identity, numbers, photo),
);

/** What ical.js, a reader of iCalendar and vCard in JavaScript, makes of a card. */
function readWithIcal(card: string): ReadCard {
  const parsed = new ICAL.Component(ICAL.parse(card) as unknown[]);
  const all = (name: string) => parsed.getAllProperties(name);
  // It leaves the escape of a semicolon in a text that is not structured. As there every semicolon is escaped, taking it
  // away is exact.
  const texts = (name: string) =>
    all(name).map((each) => String(each.getFirstValue()).replaceAll('\\;', ';'));
  const parts = (name: string) => all(name).map((each) => each.getFirstValue() as string[]);
  const group = (each: ICAL.Property) => [each.getFirstParameter('group')].join();
  return {
    uid: texts('uid')[0]!,
    fn: texts('fn')[0]!,
    n: parts('n')[0]!,
    org: all('org').flatMap((each) => each.getFirstValue() as string),
    title: texts('title'),
    tel: all('tel').map((each) => [
      String(each.getFirstValue()),
      [each.getParameter('type')].flat().includes('PREF'),
      group(each),
    ]),
    // A property that it does not know is left as it is written.
    label: all('x-ablabel').map((each) => [
      String(each.getFirstValue()).replace(/\\([\\;,])/g, '$1'),
      group(each),
    ]),
    email: texts('email'),
    url: texts('url'),
    adr: parts('adr'),
    note: texts('note'),
    photo: texts('photo'),
  };
}

/** The same by the strict reader of these tests. */
function readStrict(card: string): ReadCard {
  const content = readStrictly(card);
  const all = (name: string): readonly ContentLine[] =>
    content.filter((line) => line.name === name);
  const texts = (name: string): string[] => all(name).map(({ parts }) => parts.join(';'));
  return {
    uid: texts('UID')[0]!,
    fn: texts('FN')[0]!,
    n: all('N')[0]!.parts,
    org: texts('ORG'),
    title: texts('TITLE'),
    tel: all('TEL').map(({ parts, params, group }) => [
      parts[0]!,
      params.join().includes('PREF'),
      group ?? '',
    ]),
    label: all('X-ABLabel').map(({ parts, group }) => [parts.join(';'), group ?? '']),
    email: texts('EMAIL'),
    url: texts('URL'),
    adr: all('ADR').map(({ parts }) => parts),
    note: texts('NOTE'),
    photo: texts('PHOTO'),
  };
}

const each = (cards: readonly CorpusCard[], read: (card: string) => ReadCard): void => {
  cards.forEach((card, i) => expect(read(rendered[i]!)).toEqual(expectedOf(card)));
};

describe('the corpus of two hundred nasty cards', () => {
  it('is two hundred cards', () => expect(CARD_CORPUS).toHaveLength(200));

  it('is read back without loss by a strict reader', () => each(CARD_CORPUS, readStrict));

  it('is read back without loss by ical.js', () => each(CARD_CORPUS, readWithIcal));

  for (const { name, missing, read } of OUTSIDE_READERS) {
    const when = missing === null ? it : it.skip;
    when(
      `is read back without loss by ${name}${missing === null ? '' : ` (left out: ${missing})`}`,
      () => {
        const cards = read(rendered.join(''));
        expect(cards).toHaveLength(CARD_CORPUS.length);
        CARD_CORPUS.forEach((card, i) => expect(cards[i]).toEqual(foundBy(name, card)));
      },
    );
  }
});
