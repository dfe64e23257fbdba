/** Single words and set terms. The provider's own keywords are among them. */
export const OPT_OUT_WORDS: ReadonlySet<string> = new Set([
  'stop',
  'stopall',
  'stop all',
  'unsubscribe',
  'optout',
  'opt out',
  'opt me out',
  'cancel',
  'end',
  'quit',
  'revoke',
  'baja',
  'darme de baja',
  'alto',
  'parar',
  'pare',
  'arret',
  'arreter',
  'arretez',
  'desabonner',
  'desinscription',
  'abmelden',
  'abbestellen',
  'stopp',
  'cancellami',
  'disiscrivimi',
  'sair',
  'cancelar',
]);

/** Words that end a suppression. An ordinary "yes" is not among them: it may answer anything. */
export const OPT_IN_WORDS: ReadonlySet<string> = new Set([
  'start',
  'unstop',
  'optin',
  'opt in',
  'opt me in',
  'subscribe',
  'resubscribe',
  'resume',
]);

/** Every first with every second, parted by a blank. */
const each = (firsts: readonly string[], seconds: readonly string[]): string[] =>
  firsts.flatMap((first) => seconds.map((second) => `${first} ${second}`));

const DOING = [
  'texting',
  'messaging',
  'contacting',
  'writing',
  'writing to',
  'bothering',
  'spamming',
];
const DO = ['text me', 'message me', 'contact me', 'write me', 'write to me', 'bother me'];
const FOR_GOOD = ['again', 'anymore', 'any more', 'ever again', 'ever'];
const MESSAGES = [
  'messages',
  'texts',
  'these messages',
  'these texts',
  'your messages',
  'your texts',
  'any messages',
  'any texts',
  'any more messages',
  'any more texts',
];
const NOT_WANTED = ['i dont want', 'i do not want', 'i no longer want', 'dont want'];
const OFF = ['your list', 'this list', 'the list', 'your lists'];

const ENGLISH = [
  ...each(
    ['stop', 'quit'],
    DOING.map((doing) => `${doing} me`),
  ),
  ...each(['stop'], ['texting', 'messaging', 'sending messages', 'sending texts']),
  ...each(['stop sending me'], MESSAGES),
  ...each(['stop the', 'stop these', 'stop your'], ['messages', 'texts']),
  ...each(['dont', 'do not'], DO),
  ...each(['dont', 'do not', 'never'], each(DO, FOR_GOOD)),
  ...each(['no more'], ['messages', 'texts']),
  ...each(NOT_WANTED, MESSAGES),
  ...each(
    NOT_WANTED.map((wish) => `${wish} to receive`),
    MESSAGES,
  ),
  ...each(NOT_WANTED, ['to be texted', 'to be messaged', 'to be contacted']),
  ...each(['i want to', 'i would like to', 'id like to', 'i wish to'], ['unsubscribe', 'opt out']),
  ...each(['remove me from', 'take me off'], OFF),
  'unsubscribe me',
  'leave me alone',
  'remove me',
  'remove my number',
  'delete my number',
  'lose my number',
  'i do not consent',
  'i revoke my consent',
];

const SPANISH = [
  'no me escribas mas',
  'no me escriba mas',
  'no me mandes mas mensajes',
  'no me envies mas mensajes',
  'no mas mensajes',
  'deja de escribirme',
  'deje de escribirme',
  'para de escribirme',
  'deja de mandarme mensajes',
  'deje de mandarme mensajes',
  'no me mande mas mensajes',
  'no me envie mas mensajes',
  'no quiero mas mensajes',
  'dejame en paz',
  'dejenme en paz',
  'no quiero recibir mensajes',
  'no quiero recibir mas mensajes',
  'quiero darme de baja',
  'borra mi numero',
];

const FRENCH = [
  'ne mecrivez plus',
  'ne mecris plus',
  'arretez de mecrire',
  'arrete de mecrire',
  'arretez de menvoyer des messages',
  'plus de messages',
  'laissez moi tranquille',
  'laisse moi tranquille',
  'je ne veux plus recevoir de messages',
  'desabonnez moi',
  'me desabonner',
  'supprimez mon numero',
];

const GERMAN = [
  'keine nachrichten mehr',
  'schreib mir nicht mehr',
  'schreiben sie mir nicht mehr',
  'hor auf mir zu schreiben',
  'horen sie auf mir zu schreiben',
  'lass mich in ruhe',
  'lassen sie mich in ruhe',
  'ich mochte keine nachrichten mehr',
  'ich mochte mich abmelden',
  'losch meine nummer',
  'loschen sie meine nummer',
];

const ITALIAN = [
  'non scrivermi piu',
  'non mi scrivere piu',
  'smettila di scrivermi',
  'basta messaggi',
  'lasciami in pace',
  'non voglio piu messaggi',
  'cancella il mio numero',
];

const PORTUGUESE = [
  'nao me mande mais mensagens',
  'nao me escreva mais',
  'pare de me escrever',
  'pare de me mandar mensagens',
  'me deixe em paz',
  'chega de mensagens',
  'nao quero mais receber mensagens',
  'quero cancelar a inscricao',
];

/** Whole wishes, without the courtesies around them: plain enough to count beside other clauses too. */
export const OPT_OUT_PHRASES: ReadonlySet<string> = new Set([
  ...ENGLISH,
  ...SPANISH,
  ...FRENCH,
  ...GERMAN,
  ...ITALIAN,
  ...PORTUGUESE,
]);

/** Wishes when they are all that is said; beside anything else they are how friends banter. */
export const OPT_OUT_ALONE: ReadonlySet<string> = new Set([
  'stop it',
  'stop this',
  'hor auf',
  'horen sie auf',
]);
