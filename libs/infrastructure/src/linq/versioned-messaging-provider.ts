import {
  type ApiVersion,
  type ListedChat,
  type ListedMessage,
  type ListPage,
  MessagingProvider,
  type OutboundFile,
  type OutboundText,
  type ProviderChat,
  type ProviderContactCard,
  type ProviderLine,
  type ProviderSubscription,
  versionOfId,
} from '@linekeeper/application';
import type { EpochMs } from '@linekeeper/domain';

/** Which version each number speaks, as the store has it at this moment; of all numbers of the fleet without an argument. */
type Versions = (phoneNumbers?: readonly string[]) => Promise<ReadonlyMap<string, ApiVersion>>;

/**
 * One provider over the versions of its API. What names a line goes by the version that the line speaks, which is asked of
 * the store each time: any process may have changed it a moment ago, and next to a call over the network the question
 * costs nothing. What names a chat or a message goes by the form of its id.
 */
export class VersionedMessagingProvider extends MessagingProvider {
  constructor(
    private readonly providers: Readonly<Record<ApiVersion, MessagingProvider>>,
    private readonly versions: Versions,
  ) {
    super();
  }

  /**
   * V2 is asked only while a line speaks it: an account may have been on V3 always. When one of the lists cannot be had
   * there is none, since a line that stands on the other one would look as if it had vanished.
   */
  async listLines(version?: ApiVersion): Promise<ProviderLine[]> {
    if (version !== undefined) return this.providers[version].listLines();
    const spoken = await this.versions();
    const newest = await this.providers.v3.listLines();
    if (![...spoken.values()].includes('v2')) return newest;
    return merged(newest, await this.providers.v2.listLines(), spoken);
  }

  chat(chatId: string): Promise<ProviderChat> {
    return this.byId(chatId).chat(chatId);
  }

  async chatsWith(linePhoneNumber: string, handle: string): Promise<ProviderChat[]> {
    return (await this.byLine(linePhoneNumber)).chatsWith(linePhoneNumber, handle);
  }

  async chatsOf(linePhoneNumber: string, cursor: string | null): Promise<ListPage<ListedChat>> {
    return (await this.byLine(linePhoneNumber)).chatsOf(linePhoneNumber, cursor);
  }

  messagesOf(
    chat: Pick<ListedChat, 'chatId' | 'linePhoneNumber'>,
    cursor: string | null,
  ): Promise<ListPage<ListedMessage>> {
    return this.byId(chat.chatId).messagesOf(chat, cursor);
  }

  async send(message: OutboundText): Promise<{ messageId: string; chatId: string }> {
    return (await this.byLine(message.fromPhoneNumber)).send(message);
  }

  message(messageId: string): Promise<{ status: string; at: EpochMs | null } | null> {
    return this.byId(messageId).message(messageId);
  }

  async hasIMessage(linePhoneNumber: string, address: string): Promise<boolean> {
    return (await this.byLine(linePhoneNumber)).hasIMessage(linePhoneNumber, address);
  }

  shareContactCard(chatId: string): Promise<void> {
    return this.byId(chatId).shareContactCard(chatId);
  }

  async hasContactCard(phoneNumber: string): Promise<boolean> {
    return (await this.byLine(phoneNumber)).hasContactCard(phoneNumber);
  }

  override async contactCard(phoneNumber: string): Promise<ProviderContactCard | null> {
    return (await this.byLine(phoneNumber)).contactCard(phoneNumber);
  }

  async setContactCard(phoneNumber: string, name: string, photoUrl: string | null): Promise<void> {
    return (await this.byLine(phoneNumber)).setContactCard(phoneNumber, name, photoUrl);
  }

  /** Only V3 takes files; a message of V2 that has one is refused. */
  override uploadFile(file: OutboundFile): Promise<string> {
    return this.providers.v3.uploadFile(file);
  }

  subscriptions(version: ApiVersion): Promise<ProviderSubscription[]> {
    return this.providers[version].subscriptions(version);
  }

  subscribe(targetUrl: string, version: ApiVersion): Promise<{ id: string; secret: string }> {
    return this.providers[version].subscribe(targetUrl, version);
  }

  unsubscribe(id: string, version: ApiVersion): Promise<void> {
    return this.providers[version].unsubscribe(id, version);
  }

  /** A number that is no line of ours has not said what it speaks: it is asked for in the newest. */
  private async byLine(phoneNumber: string): Promise<MessagingProvider> {
    return this.providers[(await this.versions([phoneNumber])).get(phoneNumber) ?? 'v3'];
  }

  private byId(id: string): MessagingProvider {
    return this.providers[versionOfId(id)];
  }
}

/** Each line once. Of one that both list, V3 tells how it is, and the id is of the version that it speaks. */
function merged(
  onV3: readonly ProviderLine[],
  onV2: readonly ProviderLine[],
  spoken: ReadonlyMap<string, ApiVersion>,
): ProviderLine[] {
  const rest = new Map(onV2.map((line) => [line.phoneNumber, line]));
  const lines = onV3.map((line) => {
    const legacy = rest.get(line.phoneNumber);
    rest.delete(line.phoneNumber);
    return legacy && spoken.get(line.phoneNumber) === 'v2'
      ? { ...line, providerLineId: legacy.providerLineId }
      : line;
  });
  return [...lines, ...rest.values()];
}
