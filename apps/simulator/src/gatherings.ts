import type { Subject } from './delivery';
import type { SimEvent } from './event-queue';
import type { Chat, ChatHealth, Line, Member, Service } from './types';
import type { Webhooks } from './webhooks';
import { instant, memberOnWire, ownHandle } from './wire';
import { chatCreatedData } from './wire-events';
import type { World } from './world';

/** Chats as gatherings: who is in them, and what they are called. */
export class Gatherings {
  constructor(
    private readonly world: World,
    private readonly webhooks: Webhooks,
  ) {}

  /** The chat of a line and people, made (and announced, unless it shall not be) when there is none. */
  chatFor(
    line: Line,
    people: readonly string[],
    service: Service,
    at: number,
    traceId?: string,
    announced = true,
  ): Chat {
    const { world } = this;
    const known = world.chatOf(line.phoneNumber, people);
    if (known) return known;
    const id = world.chance.uuid();
    const sorted = [...people].sort();
    const chat: Chat = {
      id,
      line: line.phoneNumber,
      members: [line.phoneNumber, ...sorted].map((handle) => this.newMember(handle, at)),
      people: sorted,
      isGroup: people.length > 1,
      createdAt: at,
      updatedAt: at,
      health: 'HEALTHY',
      healthAt: at,
      service,
      displayName: null,
      icon: null,
      left: false,
      lastActivityAt: at,
      outbound: 0,
      inbound: 0,
      shares: 0,
    };
    world.addChat(chat);
    if (announced) {
      const about = { kind: 'chat', chat, at } as const;
      this.emit(
        'chat.created',
        chat,
        traceId ?? world.chance.hex(32),
        chatCreatedData(chat),
        about,
      );
    }
    return chat;
  }

  /** Somebody comes, goes, or our line leaves. */
  changeMember({ chatId, handle, change, traceId, at }: SimEvent & { kind: 'member' }): void {
    const chat = this.world.chats.get(chatId);
    if (!chat) return;
    const present = chat.members.find((each) => each.handle === handle && each.status === 'active');
    if ((change === 'added') === (present !== undefined)) return;
    const member = present ?? this.newMember(handle, at);
    if (present) {
      present.status = change === 'left' ? 'left' : 'removed';
      present.leftAt = at;
      if (handle === chat.line) chat.left = true;
    } else chat.members.push(member);
    chat.updatedAt = at;
    this.world.regather(chat);
    const data = {
      handle,
      chat_id: chat.id,
      participant: memberOnWire(chat, member),
      [change === 'added' ? 'added_at' : 'removed_at']: instant(at),
    };
    const type = change === 'added' ? 'participant.added' : 'participant.removed';
    this.emit(type, chat, traceId, data, { kind: 'member', chat, member, at });
  }

  /** A new name or picture, or the news that it could not be set. */
  changeGroup({ chatId, field, value, traceId, at }: SimEvent & { kind: 'group' }): void {
    const chat = this.world.chats.get(chatId);
    if (!chat) return;
    const failed = this.world.faults.strike('failed-group-update', { line: chat.line });
    if (failed) {
      this.emit(`chat.group_${field}_update_failed`, chat, traceId, {
        chat_id: chat.id,
        error_code: failed.code,
        failed_at: instant(at),
      });
      return;
    }
    const before = field === 'name' ? chat.displayName : chat.icon;
    if (field === 'name') chat.displayName = value;
    else chat.icon = value;
    chat.updatedAt = at;
    this.world.regather(chat);
    this.emit(`chat.group_${field}_updated`, chat, traceId, {
      chat_id: chat.id,
      updated_at: instant(at),
      old_value: before,
      new_value: value,
      changed_by_handle: ownHandle(chat),
    });
  }

  /** The indicator of somebody who writes. */
  typing(chat: Chat, started: boolean, traceId: string): void {
    const type = `chat.typing_indicator.${started ? 'started' : 'stopped'}`;
    const at = this.world.clock.now();
    this.emit(type, chat, traceId, { chat_id: chat.id }, { kind: 'typing', chat, started, at });
  }

  emit(
    type: string,
    chat: Chat,
    traceId: string,
    data: object,
    about: Subject | null = null,
  ): void {
    const { line, id: orderKey } = chat;
    this.webhooks.emit({ type, line, orderKey, traceId, data: () => data, about });
  }

  private newMember(handle: string, at: number): Member {
    return { id: this.world.chance.uuid(), handle, joinedAt: at, leftAt: null, status: 'active' };
  }
}

export function setHealth(chat: Chat, health: ChatHealth, at: number): void {
  chat.health = health;
  chat.healthAt = at;
}
