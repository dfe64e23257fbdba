import autocannon, { type Request } from 'autocannon';

export interface Load {
  /** Requests a second that were answered as they should be. */
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface Shape {
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second; without it as many as there can be. */
  readonly rate?: number;
}

/** One round of requests, each made when it is sent. Throws when any was not answered with 2xx. */
export async function load(url: string, make: () => Request, shape: Shape): Promise<Load> {
  const result = await autocannon({
    url,
    connections: shape.connections,
    duration: shape.seconds,
    ...(shape.rate === undefined ? {} : { overallRate: shape.rate }),
    requests: [{ setupRequest: (request) => ({ ...request, ...make() }) }],
  });
  const refused = result.non2xx + result.errors + result.timeouts;
  if (refused > 0) {
    const kinds = JSON.stringify(result.statusCodeStats);
    throw new Error(`${refused} requests of ${url} were not answered with 2xx: ${kinds}`);
  }
  return {
    perSecond: result['2xx'] / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
  };
}
