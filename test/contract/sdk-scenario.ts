import type { LinqAPIV3 } from '@linqapp/sdk';
import { ok } from '../support/http';
import * as shapes from './sdk-shapes';
import { type Stage, text } from './sdk-stage';

/** One call of Linq's client. The steps make one long scenario: each finds what those before it have left. */
export interface Step {
  readonly method: string;
  readonly shape: { parse(value: unknown): unknown };
  /** What must be so before the call, brought about without it. */
  readonly before?: (stage: Stage) => Promise<unknown>;
  readonly call: (linq: LinqAPIV3, stage: Stage) => unknown;
  /** The code that a second call gets once the first was accepted; none: it is answered as the first one. */
  readonly again?: number;
  /** Makes no request. */
  readonly local?: true;
}

const second = (stage: Stage): Promise<unknown> => stage.simulator.advance(2);

export const SCENARIO: readonly Step[] = [
  {
    method: 'contactCard.create',
    shape: shapes.card,
    call: (linq, { line }) => linq.contactCard.create({ phone_number: line, first_name: 'Ada' }),
    again: 2014,
  },
  {
    method: 'contactCard.update',
    shape: shapes.card,
    call: (linq, { line }) => linq.contactCard.update({ phone_number: line, last_name: 'Ray' }),
  },
  {
    method: 'contactCard.retrieve',
    shape: shapes.cards,
    call: (linq, { line }) => linq.contactCard.retrieve({ phone_number: line }),
  },
  {
    method: 'phoneNumbers.list',
    shape: shapes.phoneNumbers,
    call: async (linq, stage) => {
      const answer = await linq.phoneNumbers.list();
      stage.lineId = answer.phone_numbers[0]?.id ?? '';
      return answer;
    },
  },
  {
    method: 'phoneNumbers.update',
    shape: shapes.updatedNumber,
    call: (linq, { lineId }) =>
      linq.phoneNumbers.update(lineId, { forwarding_number: '+14155559999' }),
  },
  {
    method: 'phonenumbers.list',
    shape: shapes.oldPhoneNumbers,
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- still served, so still tested
    call: (linq) => linq.phonenumbers.list(),
  },
  {
    method: 'availableNumber.retrieve',
    shape: shapes.availableNumber,
    call: (linq, { newcomer }) => linq.availableNumber.retrieve({ to: [newcomer] }),
  },
  {
    method: 'capability.checkIMessage',
    shape: shapes.capability,
    call: (linq, { person, line }) =>
      linq.capability.checkIMessage({ address: person, from: line }),
    again: 1007,
  },
  {
    method: 'capability.checkRCS',
    shape: shapes.capability,
    call: (linq, { person, other }) => linq.capability.checkRCS({ address: person, from: other }),
    again: 1007,
  },
  { method: 'webhookEvents.list', shape: shapes.events, call: (linq) => linq.webhookEvents.list() },
  {
    method: 'webhookSubscriptions.create',
    shape: shapes.createdSubscription,
    call: (linq) =>
      linq.webhookSubscriptions.create({
        target_url: 'http://127.0.0.1:9/nobody',
        subscribed_events: ['message.read'],
      }),
    again: 2015,
  },
  {
    method: 'webhookSubscriptions.list',
    shape: shapes.subscriptions,
    call: async (linq, stage) => {
      const answer = await linq.webhookSubscriptions.list();
      const mine = answer.subscriptions.find(({ target_url: url }) => url.endsWith('nobody'));
      stage.subscriptionId = mine?.id ?? '';
      return answer;
    },
  },
  {
    method: 'webhookSubscriptions.retrieve',
    shape: shapes.subscription,
    call: (linq, { subscriptionId }) => linq.webhookSubscriptions.retrieve(subscriptionId),
  },
  {
    method: 'webhookSubscriptions.update',
    shape: shapes.subscription,
    call: (linq, { subscriptionId }) =>
      linq.webhookSubscriptions.update(subscriptionId, { is_active: false }),
  },
  {
    method: 'chats.create',
    shape: shapes.createdChat,
    call: async (linq, stage) => {
      const message = { ...text('Hello'), idempotency_key: 'scenario-1' };
      const answer = await linq.chats.create({ from: stage.line, to: [stage.person], message });
      stage.chatId = answer.chat.id;
      stage.messageId = answer.chat.message.id;
      return answer;
    },
  },
  {
    method: 'chats.messages.send',
    shape: shapes.sentAnswer,
    call: (linq, { chatId, messageId }) =>
      linq.chats.messages.send(chatId, {
        message: {
          ...text('More of it'),
          idempotency_key: 'scenario-2',
          reply_to: { message_id: messageId },
          effect: { type: 'screen', name: 'confetti' },
          preferred_service: 'iMessage',
        },
      }),
  },
  {
    method: 'messages.create',
    shape: shapes.chosenAnswer,
    call: async (linq, stage) => {
      const answer = await linq.messages.create({
        to: [stage.person],
        message: { parts: [{ type: 'link', value: 'https://example.com/a' }] },
        continuation_message: { text: 'It is us, from another number' },
        'Idempotency-Key': 'scenario-3',
      });
      stage.doomedId = answer.message.id;
      return answer;
    },
  },
  {
    method: 'messages.retrieve',
    shape: shapes.message,
    call: (linq, { messageId }) => linq.messages.retrieve(messageId),
  },
  {
    method: 'messages.addReaction',
    shape: shapes.queued,
    call: (linq, { messageId }) =>
      linq.messages.addReaction(messageId, { operation: 'add', type: 'love' }),
  },
  {
    method: 'messages.update',
    shape: shapes.message,
    before: second,
    call: (linq, { messageId }) => linq.messages.update(messageId, { text: 'Hello there' }),
  },
  {
    method: 'messages.listMessagesThread',
    shape: shapes.messagePage,
    call: (linq, { messageId }) => linq.messages.listMessagesThread(messageId),
  },
  {
    method: 'messages.updateAppCard',
    shape: shapes.sentAnswer,
    before: async (stage) => {
      const sent = await stage.linq.chats.messages.send(stage.chatId, {
        message: {
          parts: [
            {
              type: 'imessage_app',
              app: { bundle_id: 'com.example.game', name: 'Game', team_id: 'ABCDE12345' },
              layout: { caption: '0 : 0' },
              url: 'https://example.com/game',
            },
          ],
        },
      });
      stage.cardId = sent.message.id;
      await second(stage);
    },
    call: (linq, { cardId }) =>
      linq.messages.updateAppCard(cardId, { layout: { caption: '1 : 0' } }),
  },
  {
    method: 'chats.messages.list',
    shape: shapes.messagePage,
    call: (linq, { chatId }) => linq.chats.messages.list(chatId, { limit: 2 }),
  },
  {
    method: 'chats.listChats',
    shape: shapes.chatPage,
    call: (linq, { line, person }) => linq.chats.listChats({ from: line, to: person }),
  },
  {
    method: 'chats.retrieve',
    shape: shapes.chat,
    call: (linq, s) => linq.chats.retrieve(s.chatId),
  },
  {
    method: 'chats.markAsRead',
    shape: shapes.nothing,
    call: (linq, { chatId }) => linq.chats.markAsRead(chatId),
  },
  {
    method: 'chats.typing.start',
    shape: shapes.nothing,
    call: (linq, { chatId }) => linq.chats.typing.start(chatId),
  },
  {
    method: 'chats.typing.stop',
    shape: shapes.nothing,
    call: (linq, { chatId }) => linq.chats.typing.stop(chatId),
  },
  {
    method: 'chats.shareContactCard',
    shape: shapes.nothing,
    call: (linq, { chatId }) => linq.chats.shareContactCard(chatId),
  },
  {
    method: 'attachments.create',
    shape: shapes.createdAttachment,
    call: async (linq, stage) => {
      const answer = await linq.attachments.create({
        filename: 'voice.mp3',
        content_type: 'audio/mpeg',
        size_bytes: stage.sound.length,
      });
      stage.attachmentId = answer.attachment_id;
      stage.uploadUrl = answer.upload_url;
      return answer;
    },
  },
  {
    method: 'attachments.retrieve',
    shape: shapes.attachment,
    before: async ({ uploadUrl, sound }) => {
      const headers = { 'content-type': 'audio/mpeg' };
      const { status } = await fetch(uploadUrl, { method: 'PUT', headers, body: sound });
      expect(status).toBe(200);
    },
    call: (linq, { attachmentId }) => linq.attachments.retrieve(attachmentId),
  },
  {
    method: 'chats.sendVoicememo',
    shape: shapes.voiceMemo,
    call: (linq, { chatId, attachmentId }) =>
      linq.chats.sendVoicememo(chatId, { attachment_id: attachmentId }),
  },
  {
    method: 'attachments.delete',
    shape: shapes.nothing,
    call: (linq, { attachmentId }) => linq.attachments.delete(attachmentId),
    again: 2003,
  },
  {
    method: 'chats.location.request',
    shape: shapes.requestedLocation,
    call: (linq, { chatId }) => linq.chats.location.request(chatId),
  },
  {
    method: 'chats.location.retrieve',
    shape: shapes.location,
    before: ({ simulator, person }) =>
      ok(
        simulator.control.post('/people', {
          people: [{ handle: person, location: { longitude: 13.4, latitude: 52.5 } }],
        }),
      ),
    call: (linq, { chatId }) => linq.chats.location.retrieve(chatId),
  },
  {
    method: 'chats.update',
    shape: shapes.updatedChat,
    before: async (stage) => {
      const message = text('Hello all');
      const group = await stage.linq.chats.create({
        from: stage.line,
        to: stage.friends,
        message,
      });
      stage.groupId = group.chat.id;
    },
    call: (linq, { groupId }) => linq.chats.update(groupId, { display_name: 'The four of us' }),
  },
  {
    method: 'chats.participants.add',
    shape: shapes.queued,
    before: second,
    call: (linq, { groupId, newcomer }) =>
      linq.chats.participants.add(groupId, { handle: newcomer }),
  },
  {
    method: 'chats.participants.remove',
    shape: shapes.queued,
    before: second,
    call: (linq, { groupId, newcomer }) =>
      linq.chats.participants.remove(groupId, { handle: newcomer }),
  },
  {
    method: 'chats.leaveChat',
    shape: shapes.queued,
    before: second,
    call: (linq, { groupId }) => linq.chats.leaveChat(groupId),
  },
  {
    method: 'messages.delete',
    shape: shapes.nothing,
    call: (linq, { doomedId }) => linq.messages.delete(doomedId),
    again: 2002,
  },
  {
    method: 'webhookSubscriptions.delete',
    shape: shapes.nothing,
    call: (linq, { subscriptionId }) => linq.webhookSubscriptions.delete(subscriptionId),
    again: 2010,
  },
  {
    method: 'webhooks.unwrap',
    shape: shapes.receivedEvent,
    local: true,
    call: (linq, { catcher }) => {
      const [delivery] = catcher.deliveries;
      const headers = delivery?.headers as Record<string, string>;
      // The client judges a timestamp by the clock of the machine; the simulator's is virtual.
      jest.useFakeTimers({ now: Number(headers['webhook-timestamp']) * 1_000 });
      try {
        return linq.webhooks.unwrap(delivery?.body ?? '', { headers, key: catcher.secret });
      } finally {
        jest.useRealTimers();
      }
    },
  },
];
