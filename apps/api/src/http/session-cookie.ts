export const SESSION_COOKIE = 'linekeeper_session';

/** The session token in a Cookie header, or null. */
export function sessionTokenOf(header: string | undefined): string | null {
  for (const part of (header ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === SESSION_COOKIE && value) return value;
  }
  return null;
}

/**
 * The Set-Cookie value of a session: no script reads it, no other site sends it along, and where the service is reached
 * by TLS it never leaves in clear. A lifetime of 0 takes it away.
 */
export function sessionCookie(token: string, maxAgeSeconds: number, secure: boolean): string {
  const attributes = `Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}`;
  return `${SESSION_COOKIE}=${token}; ${attributes}${secure ? '; Secure' : ''}`;
}
