import { type MissedEvent, ProviderEventWriter } from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';

type MissedMessage = Extract<MissedEvent, { recovered: boolean }>;

/** Writes webhook bodies of version 2026-02-03. They go into our own inbox, and nobody signs them. */
export class LinqEventWriter extends ProviderEventWriter {
  write(event: MissedEvent, readAt: EpochMs): Buffer {
    return Buffer.from(
      JSON.stringify({
        api_version: 'v3',
        webhook_version: '2026-02-03',
        event_type: event.eventType,
        event_id: event.eventId,
        created_at: instant(event.at),
        data: dataOf(event, readAt),
      }),
    );
  }
}

function dataOf(event: MissedEvent, readAt: EpochMs): object {
  switch (event.kind) {
    case 'chat-created':
      return {
        id: event.chatId,
        is_group: event.isGroup,
        handles: [
          { handle: event.linePhoneNumber, is_me: true },
          ...event.participants.map((handle) => ({ handle, is_me: false })),
        ],
        created_at: instant(event.at),
        service: event.service,
      };
    case 'message-failed':
      return {
        message_id: event.messageId,
        chat_id: event.chatId,
        code: event.code,
        failed_at: instant(event.at),
      };
    default:
      return messageOf(event, readAt);
  }
}

function messageOf(event: MissedMessage, readAt: EpochMs): object {
  const line = { handle: event.linePhoneNumber, is_me: true };
  const inbound = event.kind === 'message-received';
  return {
    id: event.messageId,
    chat: {
      id: event.chatId,
      is_group: event.isGroup,
      owner_handle: line,
      health_status: event.chatHealth && {
        status: event.chatHealth.health,
        updated_at: instant(event.chatHealth.at),
      },
    },
    direction: inbound ? 'inbound' : 'outbound',
    sender_handle: inbound ? { handle: event.from, is_me: false } : line,
    parts: inbound ? [{ type: 'text', value: event.text }] : [],
    service: event.service,
    idempotency_key: inbound ? null : event.idempotencyKey,
    sent_at: instant(event.at),
    // The provider's own mark for a message that was recovered late.
    reconciled_at: instant(readAt),
  };
}

function instant(at: EpochMs): string {
  return new Date(at).toISOString();
}
