import type { CardIdentity, CardProfile } from '@linekeeper/domain';

/** Names as people and brands have them, one script after the other. */
const NAMES =
  `Ada from Acme|Dr. María-José O’Neill, Jr.|Łukasz Żółć|Þórður Æsir|Nguyễn Thị Minh Khai|Señor Ñandú|Ærøskøbing Ångström
Çağrı Gülşah İpek|Zoë Über-Größe|Ólafur Ragnar|Dvořák & syn|Ģirts Ķēniņš|Čeněk Šťastný|Ștefan Țepeș|Iñaki Etxeberria|Seán Ó Súilleabháin
Ελένη Παπαδοπούλου|Ωραία Ελλάς|Анна Каренина|Щукин и Ёжиков|Їжакевич Ґалаґан|Ђорђе Шћепановић|Өмирбек Әлия|Мөнхбат Үнэнч
Արամ Խաչատրյան|ნინო ჭავჭავაძე|יעל כהן|שָׁלוֹם|حسن الزيات|مُحَمَّد عَلِيّ|زهرا رضایی‌نژاد|اردو گھر|ܐܪܡܝܐ|ދިވެހި|ߒߞߏ
अनुराधा शर्मा|क्षत्रिय ज्ञानेश्वर|রবীন্দ্রনাথ ঠাকুর|ਗੁਰਮੁਖੀ|ગુજરાતી|ଓଡ଼ିଆ ନାଁ|தமிழ்ச்செல்வி|తెలుగు పేరు|ಕನ್ನಡ ಹೆಸರು|മലയാളം പേര്|සිංහල නම
ภาษาไทย สวัสดี|ລາວ ຊື່|ཀརྨ་པ|မြန်မာ နာမည်|ខ្មែរ ឈ្មោះ|አማርኛ ስም|ᏣᎳᎩ|ᐃᓄᒃᑎᑐᑦ|ᠮᠣᠩᠭᠣᠯ|ⵜⴰⵎⴰⵣⵉⵖⵜ|ᚠᚢᚦᚨᚱᚲ|ꦗꦮ
王小明|歐陽娜娜|龍𠀋𡈽|神社 神社|髙橋 﨑|さくら はなこ|カタカナ・ネーム|ﾊﾝｶｸ|김철수|한글 이름|ㄅㄆㄇ|ꀀꀁ|𠜎𠜱𠝹|𐍈𐌰𐌹|𝓕𝓪𝓷𝓬𝔂|Ⅷ ㎏ ﬁ
👩‍👩‍👧‍👦 Family|🏳️‍🌈 Pride|🏴󠁧󠁢󠁥󠁮󠁧󠁿 England|👍🏽 Good|🇩🇪🇫🇷🇯🇵|1️⃣ First|Ada 🤖|❤️‍🔥|e\u0301 decomposed|é composed
ﷺ|Ǆ ǅ ǆ|ẞ ß|İ ı I i|ſ K Å|mixed עברית and English|English ثم عربي then 123|\u200fעם סימן\u200f|a\u200eb|سارة (Sara)|x\u200dy|soft\u00adhyphen|no\u00a0break
O'Brien & Söhne GmbH|AT&T|“Quoted”|Name <tag>|100 % real|#1 Shop|C++|a/b\\c|$HOME|{{name}}|%s %d %n|null|undefined|NaN|true|0|-1|=1+1|@SUM(A1)|-2+3|Ada, Inc.; Berlin|ab\\c\\nd|+14155550199`
    .split(/\||\n/)
    .map(
      (name) =>
        JSON.parse(`"${name.replace(/\\(?!u)/g, '\\\\').replaceAll('"', '\\"')}"`) as string,
    );

/** Texts that are made to break a card or its reader. */
const NASTY = [
  'x\r\nTEL:+19005550100',
  'x\nEND:VCARD\nBEGIN:VCARD',
  'x\rEMAIL:evil@example.com',
  'x\u2028TEL:+19005550100',
  'x\u2029y\u0085z\u000bv\u000cf',
  'END:VCARD',
  'BEGIN:VCARD inside',
  'item1.TEL:+19005550100',
  'a;b;c',
  'a,b,c',
  'a:b:c',
  'a\\',
  'a\\\\',
  'a\\n b',
  'a\\;b\\,c',
  '\\\\n',
  '\\N\\n\\:',
  ';;;;',
  ',,,,',
  '::::',
  '"double" and \'single\'',
  'tab\there',
  'nul\u0000inside',
  'bell\u0007 escape\u001b[31m delete\u007f',
  'c1\u0080\u009f',
  '\u202eevil gpj.exe',
  'a\u202ab\u202bc\u202cd\u202de',
  '\u2066isolate\u2069 \u2067x\u2069 \u2068y\u2069',
  '\ufeffmark',
  'noncharacter\uffff\ufffe\ufdd0',
  'half \ud800 pair',
  '\udc00',
  '\ud83d',
  'replacement \ufffd',
  ' leading',
  'trailing ',
  'inner   blanks',
  '\u00a0',
  '\u3000wide\u3000',
  'zalgo ' + 'e' + '\u0301\u0327\u0330'.repeat(40),
  'x'.repeat(60),
  'x'.repeat(71),
  'x'.repeat(72),
  'x'.repeat(73),
  'x'.repeat(74),
  'x'.repeat(75),
  'x'.repeat(99) + '👩‍👩‍👧',
  'x'.repeat(10_000),
  'é'.repeat(100),
  'y' + 'é'.repeat(100),
  '日'.repeat(100),
  'y' + '日'.repeat(100),
  '👩'.repeat(100),
  'y' + '👩'.repeat(100),
  '👩‍👩‍👧'.repeat(30),
  '🇩🇪'.repeat(60),
  'ab '.repeat(33),
  ' '.repeat(200) + 'z',
  'z' + ' '.repeat(97) + 'z',
  '\\'.repeat(100),
  ';'.repeat(100),
  ','.repeat(100),
  '\\;,'.repeat(33),
  '\n'.repeat(50) + 'n' + '\n'.repeat(50),
  '=0D=0A=quoted=20printable',
  'ENCODING=QUOTED-PRINTABLE',
  'CHARSET=UTF-8:ü',
  '<script>alert(1)</script>',
  "Robert'); DROP TABLE contacts;--",
  '../../etc/passwd',
  '${jndi:ldap://127.0.0.1/a}',
  '&amp;&lt;&#x41;',
  'data:image/jpeg;base64,AAAA',
  'VERSION:4.0',
  'FN;X=1:two',
  '^n ^^ ^\u2019',
  'a=b;c=d',
  'AGENT:BEGIN:VCARD\\nEND:VCARD',
  '_$!<Home>!$_',
  '\u034f\u2060\u180e invisible',
] as const;

const NUMBERS =
  `+14155550101 +442079460018 +4915123456789 +33612345678 +819012345678 +861391234567 +919876543210 +5511987654321
+27821234567 +2348031234567 +201001234567 +966501234567 +972501234567 +905321234567 +74951234567 +380501234567 +48501234567 +420601234567
+3612345678 +40712345678 +306912345678 +393331234567 +34612345678 +351912345678 +31612345678 +32470123456 +41791234567 +436641234567 +4520123456
+46701234567 +4790123456 +358401234567 +37251234567 +6591234567 +60123456789 +66812345678 +84912345678 +6281234567890 +639171234567 +61412345678
+64211234567 +2901234 +123456789012345`.split(/\s+/);

/** Of the list, the entry that stands at `i` when the list is said again and again. */
const turn = <T>(list: readonly T[], i: number): T => list[i % list.length] as T;

/** Bytes that look like nothing in particular, as base64: a reader of cards does not look into a photo. */
function photo(seed: number): string {
  let state = seed + 1;
  const bytes = Uint8Array.from({ length: 1 + ((seed * 397) % 4_000) }, () => {
    state = Math.imul(state, 1_103_515_245) + 12_345;
    return state >>> 16;
  });
  return Buffer.from(bytes).toString('base64');
}

export interface CorpusCard {
  readonly identity: CardIdentity;
  readonly numbers: readonly string[];
  readonly photo: string | null;
}

/** Two hundred cards: each name once, and beside it notes, addresses, numbers and photos that go round at other speeds. */
export const CARD_CORPUS: readonly CorpusCard[] = [...NAMES, ...NASTY]
  .slice(0, 200)
  .map((name, i) => {
    const texts = [...NASTY, ...NAMES];
    const profile: CardProfile = {
      name,
      note: [turn(texts, i * 3), turn(texts, i * 7 + 1), turn(texts, i * 11 + 2)].join('\n'),
      ...(i % 3 === 0 ? {} : { organization: turn(texts, i * 5 + 3) }),
      ...(i % 4 === 0 ? {} : { title: turn(texts, i * 13 + 5) }),
      ...(i % 5 === 0 ? {} : { backupLabel: turn(texts, i * 17 + 7) }),
      emails: [`person${i}@example.com`, ...(i % 2 ? ['ü,;\\@例え.jp'] : [])],
      urls: [
        `https://example.com/${i}?a=1,2;b=\\3`,
        ...(i % 2 ? [`https://例え.jp/${turn(NAMES, i)}`] : []),
      ],
      ...(i % 6 === 0
        ? {}
        : {
            addresses: [
              {
                street: turn(texts, i * 19 + 1),
                city: turn(texts, i * 23 + 2),
                region: turn(texts, i * 29 + 3),
                postalCode: `${10_000 + i}`,
                country: turn(texts, i * 31 + 4),
              },
            ],
          }),
    };
    const id = i.toString(16).padStart(12, '0');
    return {
      identity: {
        poolId: `7d4f0a1e-0f5c-4b8e-9a49-${id}`,
        profile,
        photoId: i % 7 === 0 ? null : `photo-${i}`,
        revisedAt: '2026-10-06T12:00:00Z',
      },
      numbers: Array.from({ length: 1 + (i % 5) }, (_, k) => turn(NUMBERS, i * 5 + k)),
      photo: i % 7 === 0 ? null : photo(i),
    };
  });
