import type { ListedChat, ListedMessage, MessageStatus } from '../../ports';
import { missedChat, missedEventsOf } from './missed-events';

const chat: ListedChat = {
  chatId: 'chat-1',
  linePhoneNumber: '+12025550101',
  participants: ['+14155550123'],
  isGroup: false,
  health: { health: 'AT_RISK', at: 1 },
  service: 'iMessage',
  createdAt: null,
  messages: null,
  updatedAt: 9,
};
const message = (changes: Partial<ListedMessage>): ListedMessage => ({
  messageId: 'message-1',
  direction: 'out',
  at: 5,
  madeAt: 4,
  status: 'sent',
  from: null,
  text: 'Hi',
  service: null,
  ...changes,
});
const kindsOf = (status: ListedMessage['status'], known?: MessageStatus): string[] =>
  missedEventsOf(chat, message({ status }), known && { status: known }).map(({ kind }) => kind);

describe('missedEventsOf', () => {
  it('tells of an unknown inbound what its webhook would have told', () => {
    const inbound = message({ direction: 'in', status: 'received', from: '+14155550123' });
    expect(missedEventsOf(chat, inbound, undefined)).toEqual([
      {
        kind: 'message-received',
        eventId: 'recovered:message-1:received',
        eventType: 'message.received',
        messageId: 'message-1',
        chatId: 'chat-1',
        linePhoneNumber: '+12025550101',
        at: 5,
        isGroup: false,
        chatHealth: { health: 'AT_RISK', at: 1 },
        service: 'iMessage',
        recovered: true,
        from: '+14155550123',
        text: 'Hi',
      },
    ]);
  });

  it('says nothing of an inbound that is known, or whose sender is not', () => {
    const inbound = message({ direction: 'in', status: 'received' });
    expect(missedEventsOf(chat, inbound, undefined)).toEqual([]);
    const named = { ...inbound, from: '+14155550123' };
    expect(missedEventsOf(chat, named, { status: 'received' })).toEqual([]);
  });

  it.each<[ListedMessage['status'], MessageStatus | undefined, string[]]>([
    ['waiting', undefined, []],
    ['sent', undefined, ['message-sent']],
    ['delivered', undefined, ['message-delivered']],
    ['failed', undefined, ['message-sent', 'message-failed']],
    ['sent', 'accepted', ['message-sent']],
    ['failed', 'accepted', ['message-sent', 'message-failed']],
    ['read', 'sent', ['message-read']],
    ['failed', 'sent', ['message-failed']],
    ['delivered', 'failed', ['message-delivered']],
    ['sent', 'sent', []],
    ['sent', 'read', []],
    ['failed', 'delivered', []],
  ])('of a message that is %s and known as %s: %j', (status, known, kinds) => {
    expect(kindsOf(status, known)).toEqual(kinds);
  });

  it('gives each piece of news one id, whoever reads it back', () => {
    const failed = missedEventsOf(chat, message({ status: 'failed' }), undefined);
    expect(failed.map(({ eventId }) => eventId)).toEqual([
      'recovered:message-1:sent',
      'recovered:message-1:failed',
    ]);
  });
});

describe('missedChat', () => {
  it('dates a thread by its first message when the list does not', () => {
    expect(missedChat(chat, 3)).toMatchObject({ at: 3, participants: ['+14155550123'] });
    expect(missedChat({ ...chat, createdAt: 2 }, 3)).toMatchObject({ at: 2 });
  });
});
