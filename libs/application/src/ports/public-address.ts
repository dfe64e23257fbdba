/** How the outside reaches this service. Constant for the life of a process. */
export abstract class PublicAddress {
  /** Without a slash at its end. */
  abstract readonly url: string;
  /** Whether browsers come by TLS, so that cookies may insist on it. */
  abstract readonly isSecure: boolean;
}
