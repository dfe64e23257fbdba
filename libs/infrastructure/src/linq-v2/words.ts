/**
 * V2's delivery statuses in the words of V3, which the service speaks. What the three of trouble mean is published
 * nowhere: `paused` is read as waiting, since it does not say that the message is lost; the others as failed.
 */
const STATUSES: ReadonlyMap<string, string> = new Map([
  ['pending', 'pending'],
  ['delivered', 'delivered'],
  ['paused', 'queued'],
  ['service_unavailable', 'failed'],
  ['rate_limit_exceeded', 'failed'],
]);

/** A word that is new to us is passed on as it is. */
export function statusOf(deliveryStatus: string, isRead: boolean): string {
  const status = STATUSES.get(deliveryStatus) ?? deliveryStatus;
  return status === 'delivered' && isRead ? 'read' : status;
}
