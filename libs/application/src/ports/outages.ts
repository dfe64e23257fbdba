/** Tells an outage of what the service stands on from a fault of its own. */
export abstract class Outages {
  /** Whether the error says that the database is away or cut the connection: it may be asked again in a moment. */
  abstract explains(error: unknown): boolean;
}
