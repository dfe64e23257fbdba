import type { Chat, Message, Part } from './types';
import type { World } from './world';

/** What is read of a message: its texts and links. */
export function textOf(parts: readonly Part[]): string {
  return parts
    .flatMap((part) => (part.type === 'text' || part.type === 'link' ? part.value : []))
    .join('\n');
}

/** As webhooks show it: without reactions. */
export function partInWebhook(world: World, part: Part): object {
  switch (part.type) {
    case 'text':
      return part.decorations === undefined
        ? { type: 'text', value: part.value }
        : { type: 'text', value: part.value, text_decorations: part.decorations };
    case 'link':
      return { type: 'link', value: part.value };
    case 'media':
      return {
        type: 'media',
        id: part.id,
        url: part.url ?? fileUrl(world, part.id, part.filename),
        filename: part.filename,
        mime_type: part.mimeType,
        size_bytes: part.sizeBytes,
      };
    case 'imessage_app':
      return {
        type: 'imessage_app',
        app: part.app,
        layout: part.layout,
        url: part.url,
        fallback_text: part.fallbackText,
      };
  }
}

/** As the API shows it. */
export function partsOnWire(
  world: World,
  chat: Chat,
  message: Message,
  handleOf: (chat: Chat, handle: string) => object,
): object[] {
  return message.parts.map((part) => ({
    ...(part.type === 'text' ? { text_decorations: null } : {}),
    ...partInWebhook(world, part),
    reactions:
      part.reactions === undefined || part.reactions.length === 0
        ? null
        : part.reactions.map((each) => ({
            handle: handleOf(chat, each.handle),
            is_me: each.handle === chat.line,
            type: each.type,
            custom_emoji: each.customEmoji,
            sticker: null,
          })),
  }));
}

/** Where an uploaded file can be fetched. */
export function fileUrl(world: World, id: string, filename: string): string {
  return `${world.origin}/files/${id}/${encodeURIComponent(filename)}`;
}
