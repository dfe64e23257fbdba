import { until } from './until';

export interface StreamedEvent {
  readonly id: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** A reader of `GET /v1/events`. */
export class EventStream {
  readonly events: StreamedEvent[] = [];
  private readonly stop = new AbortController();

  /** Resolves once the service listens. */
  static async open(
    { url, bearer }: { readonly url: string; readonly bearer: string | null },
    { query = '', lastEventId }: { readonly query?: string; readonly lastEventId?: string } = {},
  ): Promise<EventStream> {
    const stream = new EventStream();
    const response = await fetch(`${url}/v1/events${query}`, {
      signal: stream.stop.signal,
      headers: {
        authorization: `Bearer ${bearer}`,
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
      },
    });
    if (!response.ok || !response.body) throw new Error(`The stream answered ${response.status}`);
    void stream.read(response.body);
    return stream;
  }

  /** The first event that fits, once it has come. */
  async heard(fits: (event: StreamedEvent) => boolean): Promise<StreamedEvent> {
    await until(() => this.events.some(fits));
    return this.events.find(fits)!;
  }

  close(): void {
    this.stop.abort();
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let buffer = '';
    try {
      for await (const chunk of body) {
        buffer += decoder.decode(chunk, { stream: true });
        const frames = buffer.split('\n\n');
        buffer = frames.pop() ?? '';
        for (const frame of frames) {
          const match = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(frame);
          if (!match) continue;
          const [, id = '', type = '', data = '{}'] = match;
          this.events.push({ id, type, data: JSON.parse(data) as Record<string, unknown> });
        }
      }
    } catch (error) {
      if (!this.stop.signal.aborted) throw error;
    }
  }
}
